// One MariaDB server for the whole test program, started by the first test that needs it.
#pragma once

#include <string>

namespace edgeroll::control::testing {

class PrivateServer {
  public:
    /// Starts it if it is not running. Throws with the script's output if that fails.
    static PrivateServer& get();
    static void stop_if_started();

    /// A separate server, in the test's own folder, with options for mariadbd. Ends with kill().
    PrivateServer(std::string folder, const std::string& options);

    /// URL of one of its databases, through the socket.
    [[nodiscard]] std::string url(const std::string& database) const;
    /// The same for a user with all privileges, including GRANT.
    [[nodiscard]] std::string root_url(const std::string& database) const;
    [[nodiscard]] std::string tcp_host() const { return tcp_host_; }  ///< 127.0.0.1:port
    [[nodiscard]] std::string password() const { return password_; }

    void kill();   ///< like a power cut
    void start();  ///< restarts it on the same data

  private:
    PrivateServer();

    void launch(const std::string& port);

    std::string folder_, options_, socket_, password_, tcp_host_;
};

/// A folder for one test, removed with its contents at the end.
class ScratchFolder {
  public:
    ScratchFolder();
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

}  // namespace edgeroll::control::testing

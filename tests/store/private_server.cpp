#include "tests/store/private_server.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace edgeroll::control::testing {
namespace {

std::unique_ptr<ScratchFolder> server_folder;

std::string run(const std::string& arguments) {
    const std::string command = std::string(EDGEROLL_PRIVATE_MARIADB) + " " + arguments + " 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
    std::string output;
    std::array<char, 4096> buffer{};
    while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
        output.append(buffer.data(), size);
    }
    if (::pclose(pipe) != 0) throw std::runtime_error(command + ": " + output);
    return output;
}

std::string value_of(const std::string& output, const std::string& name) {
    const std::size_t begin = ("\n" + output).find("\n" + name + "=");
    if (begin == std::string::npos) throw std::runtime_error("no " + name + " in: " + output);
    const std::size_t from = begin + name.size() + 1;
    return output.substr(from, output.find('\n', from) - from);
}

}  // namespace

ScratchFolder::ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "edgeroll-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

PrivateServer::PrivateServer() {
    server_folder = std::make_unique<ScratchFolder>();
    folder_ = server_folder->path();
    launch("auto");
}

PrivateServer::PrivateServer(std::string folder, const std::string& options)
    : folder_(std::move(folder)), options_(" -- " + options) {
    launch("auto");
}

void PrivateServer::launch(const std::string& port) {
    const std::string output = run("start " + folder_ + " --port " + port + options_);
    socket_ = value_of(output, "socket");
    const std::string tcp = value_of(output, "tcp_url");
    const std::size_t colon = tcp.find(':', tcp.find("//"));
    const std::size_t at = tcp.find('@');
    password_ = tcp.substr(colon + 1, at - colon - 1);
    tcp_host_ = tcp.substr(at + 1, tcp.find('/', at) - at - 1);
}

PrivateServer& PrivateServer::get() {
    static PrivateServer server;
    return server;
}

void PrivateServer::stop_if_started() {
    if (!server_folder) return;
    run("stop " + server_folder->path() + " --kill");
    server_folder.reset();
}

std::string PrivateServer::url(const std::string& database) const {
    return "mysql://edgeroll:" + password_ + "@localhost/" + database + "?socket=" + socket_;
}

std::string PrivateServer::root_url(const std::string& database) const {
    return "mysql://root@localhost/" + database + "?socket=" + socket_;
}

void PrivateServer::kill() {
    run("stop " + folder_ + " --kill");
}
void PrivateServer::start() {
    launch(tcp_host_.substr(tcp_host_.find(':') + 1));
}

}  // namespace edgeroll::control::testing

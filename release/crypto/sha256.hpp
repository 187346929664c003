// SHA-256, incremental and in one call.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace edgeroll::release {

class Sha256 {
  public:
    Sha256();
    void add(std::string_view bytes);
    /// Lower-case hex digest of everything added; call it once.
    [[nodiscard]] std::string finish();

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// Lower-case hex SHA-256.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace edgeroll::release

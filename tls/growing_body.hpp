// A body for Beast's parser: memory grows with the bytes that arrived, not with the announced
// length.
#pragma once

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/optional.hpp>
#include <cstdint>
#include <string>

#include "tls/body_room.hpp"

namespace edgeroll::tls {

struct GrowingBody {
    using value_type = std::string;

    static std::uint64_t size(const value_type& body) { return body.size(); }

    class reader {
      public:
        template <bool is_request, class Fields>
        reader(boost::beast::http::header<is_request, Fields>&, value_type& body) : body_(body) {}

        void init(const boost::optional<std::uint64_t>& announced, boost::beast::error_code& ec) {
            announced_ = announced.value_or(0);
            ec = {};
        }
        template <class Buffers>
        std::size_t put(const Buffers& buffers, boost::beast::error_code& ec) {
            ec = {};
            std::size_t taken = 0;
            for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
                const std::size_t needed = body_.size() + buffer.size();
                if (needed > body_.capacity()) grow(body_capacity(needed, announced_));
                body_.append(static_cast<const char*>(buffer.data()), buffer.size());
                taken += buffer.size();
            }
            return taken;
        }
        void finish(boost::beast::error_code& ec) { ec = {}; }

      private:
        // Not reserve(): it would at least double the capacity.
        void grow(std::size_t capacity) {
            std::string larger;
            larger.reserve(capacity);
            larger.append(body_);
            body_.swap(larger);
        }

        value_type& body_;
        std::uint64_t announced_ = 0;
    };
};

}  // namespace edgeroll::tls

#include "release/wire/json_util.hpp"

#include <limits>
#include <vector>

#include "release/text/utf8.hpp"
#include "release/wire/invalid.hpp"

namespace edgeroll::release::wire {
namespace {

/// Builds the value during parsing, so that excess depth and repeated keys are found before they
/// cost memory, and the text is read once.
class Builder : public nlohmann::json_sax<Json> {
  public:
    explicit Builder(std::size_t values_max) : values_left_(values_max) {}

    [[nodiscard]] const std::string& error() const { return error_; }
    [[nodiscard]] Json take() { return std::move(root_); }

    bool null() override { return put(Json(nullptr)); }
    bool boolean(bool value) override { return put(Json(value)); }
    bool number_integer(number_integer_t value) override { return put(Json(value)); }
    bool number_unsigned(number_unsigned_t value) override { return put(Json(value)); }
    bool number_float(number_float_t value, const string_t&) override { return put(Json(value)); }
    bool string(string_t& value) override { return put(Json(std::move(value))); }
    bool binary(binary_t&) override { return refuse("not valid JSON"); }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        auto [position, is_new] = open_.back()->emplace(name, nullptr);
        if (!is_new) return refuse("key '" + cut_utf8(name, 64) + "' is repeated");
        member_ = &*position;
        return true;
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception& exception) override {
        // Only the kind and the position: the sender has the text, and it may contain secrets.
        const std::string_view what = exception.what();
        const bool is_text_broken = what.find("UTF-8") != std::string_view::npos;
        const bool is_out_of_range = exception.id == 406;
        const char* kind = is_text_broken    ? "not valid UTF-8"
                           : is_out_of_range ? "a number out of range"
                                             : "not valid JSON";
        return refuse(std::string(kind) + " at byte " + std::to_string(position));
    }

  private:
    bool refuse(std::string why) {
        error_ = std::move(why);
        return false;
    }
    /// The slot for the next value.
    Json* place(Json&& value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        if (open_.back()->is_array()) return &open_.back()->emplace_back(std::move(value));
        *member_ = std::move(value);
        return member_;
    }
    bool put(Json&& value) {
        if (!take_one()) return false;
        place(std::move(value));
        return true;
    }
    bool take_one() {
        if (values_left_ == 0) return refuse("more values than anything here has");
        --values_left_;
        return true;
    }
    bool open(Json&& value) {
        if (!take_one()) return false;
        if (open_.size() >= json_depth_max) {
            return refuse("nested deeper than " + std::to_string(json_depth_max) + " levels");
        }
        // A parent does not grow while a child is open, so the pointers stay valid.
        open_.push_back(place(std::move(value)));
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    std::size_t values_left_;
    Json root_;
    std::vector<Json*> open_;
    Json* member_ = nullptr;
    std::string error_;
};

tl::unexpected<Error> missing(const char* field) {
    return invalid(std::string("field '") + field + "' is missing");
}

tl::unexpected<Error> wrong_type(const char* field, const char* expected) {
    return invalid(std::string("field '") + field + "' must be " + expected);
}

/// The member, or null if it is missing or null, or if `object` is not an object.
const Json* member(const Json& object, const char* field) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(field);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max) {
        return invalid("larger than " + std::to_string(bytes_max) + " bytes");
    }
    // The library's lexer takes a NUL byte for the end of the text.
    if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
        return invalid("not valid JSON at byte " + std::to_string(nul + 1));
    }
    Builder builder(json_values_min + bytes_max / json_bytes_per_value);
    if (!Json::sax_parse(text.begin(), text.end(), &builder)) return invalid(builder.error());
    return builder.take();
}

std::string dump_json(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::optional<std::string>> optional_text(const Json& object, const char* field) {
    const Json* value = member(object, field);
    if (value == nullptr) return std::optional<std::string>();
    if (!value->is_string()) return wrong_type(field, "a string");
    return value->get_ref<const std::string&>();
}

Result<std::optional<std::int64_t>> optional_integer(const Json& object, const char* field) {
    const Json* value = member(object, field);
    if (value == nullptr) return std::optional<std::int64_t>();
    if (!value->is_number_integer()) return wrong_type(field, "an integer");
    if (value->is_number_unsigned()) {
        const auto number = value->get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            return wrong_type(field, "an integer of at most 64 bits with its sign");
        }
        return static_cast<std::int64_t>(number);
    }
    return value->get<std::int64_t>();
}

Result<std::optional<bool>> optional_flag(const Json& object, const char* field) {
    const Json* value = member(object, field);
    if (value == nullptr) return std::optional<bool>();
    if (!value->is_boolean()) return wrong_type(field, "true or false");
    return value->get<bool>();
}

Result<std::string> required_text(const Json& object, const char* field) {
    auto value = optional_text(object, field);
    if (!value) return tl::unexpected(std::move(value.error()));
    if (!*value) return missing(field);
    return std::move(**value);
}

Result<std::int64_t> required_integer(const Json& object, const char* field) {
    auto value = optional_integer(object, field);
    if (!value) return tl::unexpected(std::move(value.error()));
    if (!*value) return missing(field);
    return **value;
}

std::string success_envelope(const Json& data) {
    return success_envelope_of_text(dump_json(data));
}

std::string success_envelope_of_text(std::string_view data) {
    std::string text = R"({"code":0,"message":"success","data":)";
    text.reserve(text.size() + data.size() + 1);
    text += data;
    text += '}';
    return text;
}

std::string error_envelope(int code, std::string_view message) {
    return R"({"code":)" + std::to_string(code) + R"(,"message":)" +
           dump_json(Json(std::string(message))) + "}";
}

int http_status(int code, bool is_unreachable) {
    switch (code) {
        case code::ok:
            return 200;
        case code::no_token:
        case code::bad_token:
        case code::expired_token:
            return 401;
        case code::forbidden:
            return 403;
        case code::missing_parameter:
        case code::invalid:
            return 400;
        case code::not_found:
            return 404;
        case code::exists:
        case code::wrong_state:
            return 409;
        case code::database:
            return is_unreachable ? 503 : 500;
        case code::busy:
            return 503;
        default:
            return 500;
    }
}

}  // namespace edgeroll::release::wire

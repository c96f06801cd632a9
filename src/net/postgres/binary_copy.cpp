#include "net/postgres/binary_copy.hpp"

#include "net/postgres/database.hpp"

namespace punctual::net::postgres {
namespace {

constexpr std::string_view signature{"PGCOPY\n\377\r\n\0", 11};
constexpr std::size_t header_size = 11 + 4 + 4;

std::uint32_t big_endian(std::string_view bytes) noexcept {
    std::uint32_t number = 0;
    for (const char byte : bytes) {
        number = number << 8U | static_cast<unsigned char>(byte);
    }
    return number;
}

std::unexpected<error> broken(std::string why) {
    return failure(postgres_errc::bad_result, "binary COPY: " + std::move(why));
}

}  // namespace

result<binary_copy::step> binary_copy::read_header(std::string_view& from) {
    if (from.size() < header_size) {
        return step::need_bytes;
    }
    if (!from.starts_with(signature)) {
        return broken("no signature");
    }
    // Bits 16–31 announce what a reader must understand; bit 16, object ids, ended with Postgres 12.
    if ((big_endian(from.substr(11, 4)) & 0xffff0000U) != 0) {
        return broken("unknown flags");
    }
    const std::size_t extension = big_endian(from.substr(15, 4));
    if (extension > most_) {
        return broken("header too long");
    }
    if (from.size() < header_size + extension) {
        return step::need_bytes;
    }
    from.remove_prefix(header_size + extension);
    header_read_ = true;
    return step::more;
}

result<binary_copy::step> binary_copy::read_row(std::string_view& from, const std::function<void(row)>& each_row) {
    if (from.size() < 2) {
        return step::need_bytes;
    }
    const auto count = big_endian(from.substr(0, 2));
    if (count == 0xffffU) {
        from.remove_prefix(2);
        complete_ = true;
        return step::more;
    }
    if (count > 1664) {
        return broken("more columns than Postgres has");
    }
    fields_.clear();
    std::size_t at = 2;
    for (std::uint32_t field = 0; field < count; ++field) {
        if (from.size() - at < 4) {
            return step::need_bytes;
        }
        const auto length = big_endian(from.substr(at, 4));
        at += 4;
        if (length == 0xffffffffU) {
            fields_.emplace_back(std::nullopt);
            continue;
        }
        if (length > most_ || at + length > most_) {
            return broken("a row or field is too long");
        }
        if (from.size() - at < length) {
            return step::need_bytes;
        }
        fields_.emplace_back(from.substr(at, length));
        at += length;
    }
    ++rows_;
    each_row(fields_);
    from.remove_prefix(at);
    return step::more;
}

result<> binary_copy::feed(std::string_view bytes, const std::function<void(row)>& each_row) {
    // libpq hands over whole rows: then nothing is ever kept, nor copied.
    std::string_view from = bytes;
    std::string joined;
    if (!kept_.empty()) {
        joined = std::move(kept_);
        joined.append(bytes);
        kept_.clear();
        from = joined;
    }
    while (!from.empty()) {
        if (complete_) {
            return broken("bytes after the trailer");
        }
        const auto done = header_read_ ? read_row(from, each_row) : read_header(from);
        if (!done) {
            return std::unexpected{done.error()};
        }
        if (*done == step::need_bytes) {
            kept_.assign(from);
            break;
        }
    }
    return {};
}

}  // namespace punctual::net::postgres

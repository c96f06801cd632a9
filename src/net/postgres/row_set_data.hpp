#pragma once
// What row_set holds. For the client, and for stand-ins that make rows by hand.

#include "net/postgres/libpq.hpp"
#include "net/postgres/row_set.hpp"

#include <utility>

namespace punctual::net::postgres {

class row_set::data {
public:
    explicit data(libpq::answer_ptr answer) noexcept : answer_{std::move(answer)} {}
    [[nodiscard]] const pg_result* answer() const noexcept { return answer_.get(); }

private:
    libpq::answer_ptr answer_;
};

}  // namespace punctual::net::postgres

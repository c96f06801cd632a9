#pragma once
// A plain blocking session, as one of the clinic's own programs has it: transactions that stay open,
// LISTEN. Throws std::runtime_error with the server's words.

#include <memory>
#include <string>

namespace punctual::test {

class sql_session {
public:
    explicit sql_session(const std::string& conninfo);
    ~sql_session();
    sql_session(const sql_session&) = delete;
    sql_session& operator=(const sql_session&) = delete;

    // The first column of the first row of the last statement, "" when there is none.
    std::string run(const std::string& sql);
    // How many notifications have come so far.
    int notifications();

private:
    struct connection;
    std::unique_ptr<connection> connection_;
    int notifications_ = 0;
};

}  // namespace punctual::test

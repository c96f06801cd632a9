#include "net/async/caught.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <typeinfo>

#include <boost/system/system_error.hpp>

namespace punctual::net {
namespace {

std::string type_name(const std::exception& thrown) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name{
        abi::__cxa_demangle(typeid(thrown).name(), nullptr, nullptr, &status), &std::free};
    return status == 0 && name ? name.get() : "std::exception";
}

}  // namespace

std::string describe(const std::exception_ptr& why) {
    try {
        std::rethrow_exception(why);
    } catch (const boost::system::system_error& thrown) {
        // Its what() may have been given a context.
        return type_name(thrown) + ": " + thrown.code().message();
    } catch (const std::system_error& thrown) {
        return type_name(thrown) + ": " + thrown.code().message();
    } catch (const std::runtime_error& thrown) {
        // Its words are whoever's made it, a library's that names what it could not read included.
        return type_name(thrown);
    } catch (const std::exception& thrown) {
        return type_name(thrown) + ": " + thrown.what();
    } catch (...) {
        return "not a std::exception";
    }
}

}  // namespace punctual::net

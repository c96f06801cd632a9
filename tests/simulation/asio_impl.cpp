// The compiled part of Asio (BOOST_ASIO_SEPARATE_COMPILATION), without TLS and HTTP.

#include <boost/asio/impl/src.hpp>

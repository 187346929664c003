#include <gtest/gtest.h>

#include "tests/store/private_server.hpp"

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    const int result = RUN_ALL_TESTS();
    edgeroll::control::testing::PrivateServer::stop_if_started();
    return result;
}

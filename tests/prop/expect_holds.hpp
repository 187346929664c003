// A property inside a test with several properties.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

namespace edgeroll::test {

template <class Property>
void expect_holds(const std::string& name, Property property) {
    EXPECT_TRUE(rc::check(name, property));
}

}  // namespace edgeroll::test

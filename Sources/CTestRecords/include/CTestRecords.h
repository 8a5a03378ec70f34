// The tests of this program, as swift-testing finds them: records in a section, each with a function that makes one
// (swift-testing, Documentation/ABI/TestContent.md).
#ifndef WATERTIGHT_TEST_RECORDS_H
#define WATERTIGHT_TEST_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

// Most tests of a program that can be changed; those beyond stay as they are.
#define WATERTIGHT_MOST_TESTS 4096

// How many tests the program has, if the environment asks for a change to each, and otherwise 0.
uint32_t watertight_test_count(void);

#endif

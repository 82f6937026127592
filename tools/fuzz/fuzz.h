/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What libFuzzer and replay.c call. Build a target for libFuzzer with
 *
 *	clang -g -O1 -fsanitize=fuzzer,address,undefined -I. \
 *		tools/fuzz/fuzz_NAME.c the sources it tests...
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* FUZZ_H */

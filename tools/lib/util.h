/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small things that the kernel's headers would have.
 */
#ifndef SEC_UTIL_H
#define SEC_UTIL_H

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define __printf(fmt, first) __attribute__((format(printf, fmt, first)))

/* For the %llu of a uint64_t, which is a long on some machines. */
#define ull(n) ((unsigned long long)(n))

#endif /* SEC_UTIL_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the daemon of a network namespace and secctl meet.
 */
#ifndef IKE_CTL_PATH_H
#define IKE_CTL_PATH_H

#include <stdio.h>
#include <sys/stat.h>

#define IKE_CTL_DIR "/run/secike"
#define IKE_CTL_PATH_MAX 108

/* The socket of the namespace that the caller is in, to @buf, which is returned. */
static inline const char *ike_ctl_path(char *buf, size_t n)
{
	struct stat st = { 0 };

	stat("/proc/self/ns/net", &st);
	snprintf(buf, n, IKE_CTL_DIR "/net-%llu", (unsigned long long)st.st_ino);
	return buf;
}

#endif /* IKE_CTL_PATH_H */

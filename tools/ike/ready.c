// SPDX-License-Identifier: GPL-2.0
/*
 * The protocol of sd_notify(3): a datagram with a line, to a socket with a path or an
 * abstract name.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ready.h"

int ike_ready(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(state);
	socklen_t n;
	ssize_t sent;
	int fd, err;

	if (!path || !*path)
		return 0;
	if ((*path != '/' && *path != '@') || strlen(path) >= sizeof(to.sun_path)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(to.sun_path, path, strlen(path));
	/* without the NUL, which would belong to an abstract name */
	n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (*path == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	sent = sendto(fd, state, len, MSG_NOSIGNAL, (struct sockaddr *)&to, n);
	err = errno;
	close(fd);
	errno = err;
	return sent == (ssize_t)len ? 0 : -1;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Files of a configuration: reading them, and those that they include.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_int.h"

static bool read_all(int fd, char *p, size_t *n)
{
	size_t max = *n;
	ssize_t k;

	for (*n = 0; *n < max; *n += (size_t)k) {
		k = read(fd, p + *n, max - *n);
		if (k < 0 && errno == EINTR)
			k = 0;
		else if (k <= 0)
			return !k;
	}
	return true;
}

/* The octets of @path in x->tmp, NULL after an error was said. */
static char *slurp(struct conf_ctx *x, const char *path, const struct conf_node *by, size_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *why = NULL;
	char *text = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "this is not a regular file";
	else if (st.st_size > CONF_FILE_MAX)
		why = "this file is too large";
	if (!why) {
		*n = (size_t)st.st_size;
		text = conf_need(x, conf_alloc(x->tmp, *n + 1));
		if (text && !read_all(fd, text, n))
			why = strerror(errno);
	}
	if (why && by->file)
		conf_error(x, by, "%s: %s", path, why);
	else if (why)
		conf_say(x, IKE_CONF_ERROR, path, 0, "%s", why);
	if (fd >= 0)
		close(fd);
	return why ? NULL : text;
}

void conf_file(struct conf_ctx *x, struct conf_node *top, const char *path,
	       const struct conf_node *by, unsigned int depth)
{
	const char *name;
	char *text;
	size_t n;

	if (++x->files > CONF_FILES_MAX) {
		if (x->files == CONF_FILES_MAX + 1)
			conf_error(x, by, "more than %d files are included", CONF_FILES_MAX);
		return;
	}
	/* Objects point to the name as long as the configuration is there. */
	name = conf_need(x, conf_strndup(x->c->mem, path, strlen(path)));
	text = name ? slurp(x, name, by, &n) : NULL;
	if (text)
		conf_parse(x, top, name, text, n, depth);
}

void conf_include(struct conf_ctx *x, struct conf_node *top, const struct conf_node *by,
		  const char *pattern, unsigned int depth)
{
	const char *slash = strrchr(by->file, '/');
	size_t dir = slash ? (size_t)(slash - by->file) + 1 : 0, i;
	char *path;
	glob_t g;
	int ret;

	if (x->flags & IKE_CONF_NO_INCLUDE) {
		conf_error(x, by, "include is not allowed here");
		return;
	}
	if (!*pattern) {
		conf_error(x, by, "include names no file");
		return;
	}
	if (depth >= CONF_INCLUDE_MAX) {
		conf_error(x, by, "files are included more than %d deep", CONF_INCLUDE_MAX);
		return;
	}
	if (*pattern == '/')
		dir = 0;
	path = conf_need(x, conf_alloc(x->tmp, dir + strlen(pattern) + 1));
	if (!path)
		return;
	memcpy(path, by->file, dir);
	strcpy(path + dir, pattern);
	/* A pattern may match nothing, a plain name has to be there. */
	ret = glob(path, GLOB_ERR, NULL, &g);
	if (ret == GLOB_NOMATCH) {
		if (!strpbrk(pattern, "*?["))
			conf_error(x, by, "%s: there is no such file", path);
		return;
	}
	if (ret)
		conf_error(x, by, "%s: cannot be searched", path);
	for (i = 0; !ret && i < g.gl_pathc && x->files <= CONF_FILES_MAX; i++)
		conf_file(x, top, g.gl_pathv[i], by, depth + 1);
	globfree(&g);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a fuzz target over the files of its corpus, without libFuzzer, so that
 * what was once found stays found:
 *
 *	fuzz_NAME DIR|FILE...
 *
 * Each file is also run cut at every length, and with each octet set to 0 and
 * to 255. The last line is a test result.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define MAX 65536

static unsigned int files, runs;

static void run(const uint8_t *p, size_t n)
{
	/* A copy of its size, so that what is read behind it is found. */
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		exit(1);
	memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	runs++;
}

static int replay_file(const char *path)
{
	static uint8_t buf[MAX];
	FILE *f = fopen(path, "rb");
	size_t n, i;
	uint8_t old;

	if (!f) {
		perror(path);
		return -1;
	}
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	files++;
	for (i = 0; i <= n; i++)
		run(buf, i);
	for (i = 0; i < n; i++) {
		old = buf[i];
		buf[i] = 0;
		run(buf, n);
		buf[i] = 255;
		run(buf, n);
		buf[i] = old;
	}
	return 0;
}

static int replay(const char *path)
{
	char name[4096];
	struct dirent *e;
	struct stat st;
	int ret = 0;
	DIR *d;

	if (stat(path, &st)) {
		perror(path);
		return -1;
	}
	if (!S_ISDIR(st.st_mode))
		return replay_file(path);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		ret |= replay_file(name);
	}
	if (d)
		closedir(d);
	return ret;
}

int main(int argc, char **argv)
{
	int i, bad = 0;

	puts("TAP version 13");
	for (i = 1; i < argc; i++)
		bad |= replay(argv[i]);
	if (!files)
		bad = 1;
	printf("%s 1 corpus: %u files, %u runs\n1..1\n", bad ? "not ok" : "ok", files, runs);
	return bad ? 1 : 0;
}

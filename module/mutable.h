/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFSEC_MUTABLE_H
#define _NFSEC_MUTABLE_H

#include <linux/types.h>

bool nfsec_mutable_clear4(u8 *head, u32 len, bool out);
bool nfsec_mutable_clear6(u8 *head, u32 *len, u32 *total, bool out);

#endif /* _NFSEC_MUTABLE_H */

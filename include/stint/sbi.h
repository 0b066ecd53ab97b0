/* SPDX-License-Identifier: MIT */
/*
 * Numbers of the RISC-V Supervisor Binary Interface, v2.0, and of Stint's own
 * extension. Shared by the hypervisor, which both calls and answers them, and
 * by the guests. Usable from assembly.
 */
#ifndef STINT_SBI_H
#define STINT_SBI_H

#define SBI_EXT_BASE   0x10
#define SBI_EXT_TIME   0x54494D45
#define SBI_EXT_IPI    0x735049
#define SBI_EXT_RFENCE 0x52464E43
#define SBI_EXT_HSM    0x48534D
#define SBI_EXT_SRST   0x53525354
#define SBI_EXT_DBCN   0x4442434E
#define SBI_EXT_STA    0x535441

/* Error codes, SBI chapter 3 "Binary Encoding". */
#define SBI_SUCCESS               0
#define SBI_ERR_FAILED            -1
#define SBI_ERR_NOT_SUPPORTED     -2
#define SBI_ERR_INVALID_PARAM     -3
#define SBI_ERR_DENIED            -4
#define SBI_ERR_INVALID_ADDRESS   -5
#define SBI_ERR_ALREADY_AVAILABLE -6
#define SBI_ERR_ALREADY_STARTED   -7
#define SBI_ERR_ALREADY_STOPPED   -8

#define SBI_BASE_GET_SPEC_VERSION 0
#define SBI_BASE_GET_IMPL_ID      1
#define SBI_BASE_GET_IMPL_VERSION 2
#define SBI_BASE_PROBE_EXTENSION  3
#define SBI_BASE_GET_MVENDORID    4
#define SBI_BASE_GET_MARCHID      5
#define SBI_BASE_GET_MIMPID       6

#define SBI_TIME_SET_TIMER 0
#define SBI_IPI_SEND_IPI   0

#define SBI_RFENCE_FENCE_I          0
#define SBI_RFENCE_SFENCE_VMA       1
#define SBI_RFENCE_SFENCE_VMA_ASID  2
#define SBI_RFENCE_HFENCE_GVMA_VMID 3
#define SBI_RFENCE_HFENCE_GVMA      4
#define SBI_RFENCE_HFENCE_VVMA_ASID 5
#define SBI_RFENCE_HFENCE_VVMA      6

#define SBI_HSM_HART_START      0
#define SBI_HSM_HART_STOP       1
#define SBI_HSM_HART_GET_STATUS 2
#define SBI_HSM_HART_SUSPEND    3

#define SBI_HSM_STARTED       0
#define SBI_HSM_STOPPED       1
#define SBI_HSM_START_PENDING 2
#define SBI_HSM_STOP_PENDING  3
#define SBI_HSM_SUSPENDED     4

#define SBI_SRST_SYSTEM_RESET   0
#define SBI_SRST_SHUTDOWN       0
#define SBI_SRST_COLD_REBOOT    1
#define SBI_SRST_WARM_REBOOT    2
#define SBI_SRST_REASON_NONE    0
#define SBI_SRST_REASON_FAILURE 1

#define SBI_STA_SET_SHMEM 0 /* the record: include/stint/sta.h */

#define SBI_DBCN_WRITE      0
#define SBI_DBCN_READ       1
#define SBI_DBCN_WRITE_BYTE 2

/* What Stint answers to the Base extension: SBI 2.0, and an implementation id
 * that the specification's table (0 to 11) has not given away. */
#define STINT_SBI_SPEC_VERSION 0x02000000
#define STINT_SBI_IMPL_ID      0x535449
#define STINT_SBI_IMPL_VERSION 1

/*
 * Stint's own extension, in the experimental range 0x08000000-0x08FFFFFF.
 *
 * STINT_SET_AREA(gpa, bytes): hand the guest's area (include/stint/guest.h) to
 * the observer. gpa and bytes are multiples of 4096, the range lies in the
 * guest's RAM, bytes <= STINT_AREA_MAX. From then on the host reads the area
 * where it lies; the guest goes on using it as ordinary memory, without exits.
 * Returns  0, SBI_ERR_INVALID_PARAM (alignment, bytes 0 or too large),
 *          SBI_ERR_INVALID_ADDRESS (not RAM of this guest),
 *          SBI_ERR_ALREADY_AVAILABLE (this VM has an area already),
 *          SBI_ERR_FAILED (no memory left).
 * What other harts store there while the call is under way may be lost.
 *
 * STINT_YIELD(): the hart can do without its CPU for now: another VCPU may run in its place. It stays runnable,
 * and what that is worth is up to the scheduler. Returns 0, once it runs again.
 *
 * STINT_WALL_TIME(): host time in ns since the run began, whatever the guest's own clock shows. Returns 0, and the time
 * as the value (a1).
 */
#define SBI_EXT_STINT   0x08535449
#define STINT_SET_AREA  0
#define STINT_YIELD     1
#define STINT_WALL_TIME 2

#endif

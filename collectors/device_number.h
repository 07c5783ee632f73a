/*
 * The numbers of a VM's devices and snapshots: second part of their rows' index.  They follow from
 * what the guest calls the device, never from its place in the configuration, so that a
 * device keeps its number when others come and go, on every host and in every agent.
 */
#ifndef VCL_COLLECTORS_DEVICE_NUMBER_H
#define VCL_COLLECTORS_DEVICE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Of a disk, by its target: vdX 1.., sdX 100001.., hdX 200001.., xvdX 300001.., fdX
 * 400001.., where X counts a, b, ... z, aa, ab, ... (up to three letters).  Any other
 * name: a hash of it, from 1000000 on.
 */
uint32_t device_disk_number(const char *target);

/*
 * Of a NIC, by its MAC: the low 24 bits, which differ between the NICs of one vendor,
 * plus 1.  Without a MAC (NULL, or not one): a hash, from 20000000 on.
 */
uint32_t device_nic_number(const char *mac);

/* Of a snapshot, by its name: a hash of it, from 1 on. */
uint32_t device_snapshot_number(const char *name);

/*
 * The numbers of all devices of one VM.  Of those with the same number the first by name
 * has it; the others take, in the order of their names, the next one free.
 */
void device_numbers(const char *const *names, size_t n, uint32_t (*number)(const char *),
    uint32_t *numbers);

#endif

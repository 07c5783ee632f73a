mib_DATA = mibs/VIRTCLUSTER-MIB

# The IETF's, under the Simplified BSD licence: see the copyright notice within each.
dist_mib_DATA = mibs/VM-MIB mibs/UUID-TC-MIB mibs/IANA-STORAGE-MEDIA-TYPE-MIB

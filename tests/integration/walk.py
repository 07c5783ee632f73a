#!/usr/bin/env python3
"""Walks an agent with pysnmp and decodes every value by the MIBs' text.

usage: walk.py MIBDIRS AGENT OUT ROOT...

MIBDIRS  where VIRTCLUSTER-MIB, VM-MIB and what they import are, separated by ':'
AGENT    host:port
OUT      directory: compiled MIBs; oids (one per line), enums (those with labels)

Each walk has to see the same OIDs: GETNEXT, and GETBULK with a thousand repetitions, by
SNMPv2c and by SNMPv3, there also with a message size of 1,472 octets.  snmpd itself answers
genErr when the whole answer does not fit the manager's message size: then, as a manager has
to, ask for less.  Nothing is fetched from anywhere.
Environment: VCL_COMMUNITY; VCL_V3_USER, VCL_V3_KEY (SHA-256 and AES, same secret).
"""
import os
import sys

try:
    from pyasn1.type import univ
    from pysmi.codegen import PySnmpCodeGen
    from pysmi.compiler import MibCompiler
    from pysmi.parser.dialect import smiV2
    from pysmi.parser.smi import parserFactory
    from pysmi.reader import FileReader
    from pysmi.searcher import PyPackageSearcher, StubSearcher
    from pysmi.writer import PyFileWriter
    from pysnmp import hlapi
    from pysnmp.hlapi import asyncore
    from pysnmp.proto import rfc1902, rfc1905
    from pysnmp.smi import builder, view
    from pysnmp.smi.rfc1902 import ObjectIdentity, ObjectType
except ImportError as missing:
    print(missing)
    sys.exit(77)

MODULES = 'VIRTCLUSTER-MIB', 'VM-MIB'
SMALL, LARGE = 1472, 65507  # octets of a message
WRONG = []


def wrong(oid, sentence):
    WRONG.append('%s: %s' % ('.'.join(map(str, oid)), sentence))


# --- the MIBs

def compile_mibs(dirs, out):
    compiler = MibCompiler(parserFactory(**smiV2)(), PySnmpCodeGen(), PyFileWriter(out))
    compiler.addSources(*[FileReader(d) for d in dirs])
    compiler.addSearchers(PyPackageSearcher('pysnmp.smi.mibs'),
                          StubSearcher(*PySnmpCodeGen.baseMibs))
    done = compiler.compile(*MODULES)
    for name, status in done.items():
        if status not in ('compiled', 'untouched'):
            sys.exit('%s: pysmi says %s: %s' % (name, status, getattr(status, 'error', '')))


def load_mibs(out):
    mibs = builder.MibBuilder()
    mibs.addMibSources(builder.DirMibSource(out))
    mibs.loadModules(*MODULES)
    return view.MibViewController(mibs)


# --- one walk

def requests(version, size, agent):
    """The command's first arguments: engine, credentials, transport, context."""
    engine = hlapi.SnmpEngine(maxMessageSize=size)
    engine.small = size == SMALL
    key = os.environ['VCL_V3_KEY']
    credentials = hlapi.CommunityData(os.environ['VCL_COMMUNITY']) if version == 2 else \
        hlapi.UsmUserData(os.environ['VCL_V3_USER'], key, key,
                          authProtocol=hlapi.usmHMAC192SHA256AuthProtocol,
                          privProtocol=hlapi.usmAesCfb128Protocol)
    host, port = agent.rsplit(':', 1)
    transport = hlapi.UdpTransportTarget((host, int(port)), timeout=10, retries=1)
    return engine, credentials, transport, hlapi.ContextData()


def fetch(command, first, at, *numbers):
    """The varbinds of one answer."""
    answer = []

    def take(engine, handle, failure, status, index, table, context):
        answer.append((failure or status and status.prettyPrint(), table))

    command(*first, *numbers, ObjectType(ObjectIdentity(at)), cbFun=take, lookupMib=False)
    first[0].transportDispatcher.runDispatcher()
    problem, rows = answer[0]
    small = first[0].small
    if problem == 'genErr' and small and numbers[-1] > 1:
        return fetch(command, first, at, 0, numbers[-1] // 2)
    if problem:
        sys.exit('%s of %s: %s' % (command.__name__, at, problem))
    return [row[0] for row in rows]


def walk(command, first, root, *numbers):
    root = tuple(map(int, root.strip('.').split('.')))
    found, at = [], root
    while True:
        for name, value in fetch(command, first, at, *numbers):
            name = tuple(name)
            if name[:len(root)] != root or isinstance(value, rfc1905.EndOfMibView):
                return found
            if name <= at:
                sys.exit('%s comes behind %s' % (name, at))
            found.append((name, value))
            at = name


# --- one value

def check_date(oid, value):
    d = value.asOctets()
    if d == bytes(8):
        return  # never
    if len(d) not in (8, 11) or not (1 <= d[2] <= 12 and 1 <= d[3] <= 31 and d[4] <= 23
                                     and d[5] <= 59 and d[6] <= 60 and d[7] <= 9):
        wrong(oid, 'no date: %r' % d)


def check_text(oid, value):
    try:
        value.asOctets().decode('utf-8')
    except UnicodeDecodeError:
        wrong(oid, 'not UTF-8: %r' % value.asOctets())


CONVENTIONS = {'DateAndTime': check_date, 'SnmpAdminString': check_text}


def check_index(oid, mibs, module, node, instance):
    """What the suffix means, and that it means nothing else."""
    if not hasattr(node, 'getIndexNames'):
        return
    indices = node.getIndicesFromInstId(instance)
    again = node.getInstIdFromIndices(*indices)
    if tuple(again) != tuple(instance):
        wrong(oid, 'its index is %s, which is %s again' % (indices, again))


def check(oid, value, mibs):
    """Does the value fit its object; has the object labels."""
    identity = ObjectIdentity(oid).resolveWithMib(mibs)
    node = identity.getMibNode()
    module, name, _ = identity.getMibSymbol()
    if module not in MODULES or not hasattr(node, 'syntax'):
        wrong(oid, 'no object: %s::%s' % (module, name))
        return False
    if node.maxAccess not in ('readonly', 'readwrite', 'read-only', 'read-write', 'readcreate', 'read-create'):
        wrong(oid, '%s has access %s' % (name, node.maxAccess))
    if value.tagSet != node.syntax.tagSet:
        wrong(oid, '%s is a %s, not a %s' % (name, type(value).__name__,
                                            type(node.syntax).__name__))
        return False
    try:
        node.syntax.clone(value)
    except Exception as refused:  # pyasn1 and pysnmp have several
        wrong(oid, '%s cannot be %s: %s' % (name, value.prettyPrint(), refused))
    kind = type(node.syntax)
    for convention, method in CONVENTIONS.items():
        if any(c.__name__ == convention for c in kind.__mro__):
            method(oid, value)
    size = len(node.name)
    if type(node).__name__ == 'MibScalar':
        if oid[size:] != (0,):
            wrong(oid, '%s is a scalar' % name)
    else:
        row = mibs.mibBuilder.importSymbols(
            module, mibs.getNodeName(node.name[:-1])[1][-1])[0]
        check_index(oid, mibs, module, row, oid[size:])
    return bool(getattr(node.syntax, 'namedValues', None)) and isinstance(value, univ.Integer)


# --- all of it

def compare(what, found, first):
    extra = sorted(set(found) ^ set(first))
    for oid in extra[:5]:
        wrong(oid, 'only %s sees it' % (what if oid in set(found) else 'the first walk'))


def main(dirs, agent, out, *roots):
    compile_mibs(dirs.split(':'), out)
    mibs = load_mibs(out)
    seen, labelled, first = {}, [], None
    bulk, one = (asyncore.bulkCmd, 0, 1000), (asyncore.nextCmd,)
    for version, size, how in ((2, LARGE, bulk), (2, LARGE, one), (3, LARGE, bulk),
                               (3, LARGE, one), (3, SMALL, bulk)):
        arguments = requests(version, size, agent)
        found = {}
        for root in roots:
            found.update(walk(how[0], arguments, root, *how[1:]))
        what = '%s by version %d, size %d' % (how[0].__name__, version, size)
        print('%s: %d values' % (what, len(found)))
        if first is None:
            first = found
        compare(what, found, first)
        seen.update(found)
    labelled = [oid for oid, value in seen.items() if check(oid, value, mibs)]
    for name, oids in ('oids', first), ('enums', labelled):
        with open(os.path.join(out, name), 'w') as f:
            f.writelines('.%s\n' % '.'.join(map(str, oid)) for oid in sorted(oids))
    for line in WRONG[:50]:
        print(line)
    print('%d of %d values are wrong' % (len(WRONG), len(seen)))
    return 1 if WRONG or not first else 0


if __name__ == '__main__':
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

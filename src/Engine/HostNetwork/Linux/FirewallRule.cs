using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.NetfilterConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// One rule of nf_tables being written: its expressions, from left to right, each a test that ends the rule when it
/// fails, or a verdict. All go through one register.
/// </summary>
internal sealed class FirewallRule
{
    private const int InterfaceNameSize = 16;
    private const uint LocalAddress = 2; // RTN_LOCAL
    private readonly MemoryStream _expressions = new();

    /// <summary>The value of the attribute NFTA_RULE_EXPRESSIONS.</summary>
    public ReadOnlySpan<byte> Expressions => _expressions.ToArray();

    public FirewallRule FromInterface(string name, bool not = false) => Meta(NFT_META_IIFNAME).Compare(InterfaceName(name), not);

    public FirewallRule ToInterface(string name) => Meta(NFT_META_OIFNAME).Compare(InterfaceName(name));

    public FirewallRule ToOtherInterface(string name) => Meta(NFT_META_OIFNAME).Compare(InterfaceName(name), not: true);

    /// <summary>By its index, which it keeps when it gets another name.</summary>
    public FirewallRule FromInterface(int index) => Meta(NFT_META_IIF).Compare(Native((uint)index));

    public FirewallRule FromGroup(uint group) => Meta(NFT_META_IIFGROUP).Compare(Native(group));

    public FirewallRule ToGroup(uint group) => Meta(NFT_META_OIFGROUP).Compare(Native(group));

    /// <summary>The packet's own mark.</summary>
    public FirewallRule Mark(uint mark) => Meta(NFT_META_MARK).Compare(Native(mark));

    public FirewallRule Protocol(byte number) => Meta(NFT_META_L4PROTO).Compare([number]);

    public FirewallRule Family(AddressFamily family) =>
        Meta(NFT_META_NFPROTO).Compare([family == AddressFamily.InterNetworkV6 ? NFPROTO_IPV6 : NFPROTO_IPV4]);

    /// <summary>Behind a test of the family.</summary>
    public FirewallRule Destination(IPAddress address) => Payload(
        NFT_PAYLOAD_NETWORK_HEADER,
        address.AddressFamily == AddressFamily.InterNetworkV6 ? 24u : 16u,
        address.GetAddressBytes());

    /// <summary>Tests the family too.</summary>
    public FirewallRule Destination(IPNetwork prefix)
    {
        _ = Family(prefix.BaseAddress.AddressFamily);
        var value = prefix.BaseAddress.GetAddressBytes();
        var isV6 = value.Length == 16;
        Span<byte> mask = stackalloc byte[value.Length];
        for (var bit = 0; bit < prefix.PrefixLength; bit++)
            mask[bit / 8] |= (byte)(0x80 >> (bit % 8));
        return Load(NFT_PAYLOAD_NETWORK_HEADER, isV6 ? 24u : 16u, value.Length).And(mask).Compare(value);
    }

    /// <summary>Bytes of the transport header, behind a test of the protocol.</summary>
    public FirewallRule Transport(uint offset, params ReadOnlySpan<byte> bytes) => Payload(NFT_PAYLOAD_TRANSPORT_HEADER, offset, bytes);

    /// <summary>Bytes of the network header, behind a test of the family.</summary>
    public FirewallRule Network(uint offset, params ReadOnlySpan<byte> bytes) => Payload(NFT_PAYLOAD_NETWORK_HEADER, offset, bytes);

    /// <summary>The source is no address of this host.</summary>
    public FirewallRule SourceIsForeign() =>
        Expression("fib"u8, (1, Number(NFT_REG_1)), (2, Number(NFT_FIB_RESULT_ADDRTYPE)), (3, Number(NFTA_FIB_F_SADDR))).Compare(Native(LocalAddress), not: true);

    /// <summary>The connection's mark.</summary>
    public FirewallRule ConnectionMark(uint mark) => Connection(NFT_CT_MARK).Compare(Native(mark));

    /// <summary>Answers to, and what belongs to, a connection that was let through.</summary>
    public FirewallRule KnownConnection()
    {
        const uint EstablishedOrRelated = 2 | 4;
        return Connection(NFT_CT_STATE).And(Native(EstablishedOrRelated)).Compare(Native(0), not: true);
    }

    public FirewallRule SetMark(uint mark) => Immediate(mark).Expression("meta"u8, (2, Number(NFT_META_MARK)), (3, Number(NFT_REG_1)));

    public FirewallRule SetConnectionMark(uint mark) => Immediate(mark).Expression("ct"u8, (2, Number(NFT_CT_MARK)), (4, Number(NFT_REG_1)));

    /// <summary>The first packets of a TCP connection say what the way there and the way back can carry, and no more.</summary>
    public FirewallRule ClampSegmentSize()
    {
        const byte Tcp = 6;
        const uint FlagsOffset = 13;
        const byte Syn = 2;
        const byte Reset = 4;
        const byte SegmentSizeOption = 2;
        const uint Length = 2;
        return Protocol(Tcp).Load(NFT_PAYLOAD_TRANSPORT_HEADER, FlagsOffset, 1).And([Syn | Reset]).Compare([Syn])
            .Expression("rt"u8, (1, Number(NFT_REG_1)), (2, Number(NFT_RT_TCPMSS)))
            .Expression("byteorder"u8, (1, Number(NFT_REG_1)), (2, Number(NFT_REG_1)), (3, Number(NFT_BYTEORDER_HTON)), (4, Number(Length)), (5, Number(Length)))
            .Expression("exthdr"u8, (2, [SegmentSizeOption]), (3, Number(Length)), (4, Number(Length)), (6, Number(NFT_EXTHDR_OP_TCPOPT)), (7, Number(NFT_REG_1)));
    }

    /// <summary>The source becomes the address of the interface that the packet leaves by; in a chain of type nat.</summary>
    public FirewallRule Masquerade() => Expression("masq"u8);

    public FirewallRule Count() => Expression("counter"u8);

    public FirewallRule Accept() => Verdict(NF_ACCEPT);

    public FirewallRule Drop() => Verdict(NF_DROP);

    private FirewallRule Verdict(uint code) => Expression(
        "immediate"u8,
        (1, Number(NFT_REG_VERDICT)),
        (2, NetlinkRequest.Nested(Nest(NFTA_DATA_VERDICT), NetlinkRequest.Nested(NFTA_VERDICT_CODE, Number(code)))));

    private FirewallRule Immediate(uint value) => Expression("immediate"u8, (1, Number(NFT_REG_1)), (2, Data(Native(value))));

    private FirewallRule Meta(uint key) => Expression("meta"u8, (1, Number(NFT_REG_1)), (2, Number(key)));

    private FirewallRule Connection(uint key) => Expression("ct"u8, (1, Number(NFT_REG_1)), (2, Number(key)));

    private FirewallRule Payload(uint header, uint offset, ReadOnlySpan<byte> value) =>
        Load(header, offset, value.Length).Compare(value);

    private FirewallRule Load(uint header, uint offset, int length) =>
        Expression("payload"u8, (1, Number(NFT_REG_1)), (2, Number(header)), (3, Number(offset)), (4, Number((uint)length)));

    private FirewallRule And(ReadOnlySpan<byte> mask) => Expression(
        "bitwise"u8, (1, Number(NFT_REG_1)), (2, Number(NFT_REG_1)), (3, Number((uint)mask.Length)), (4, Data(mask)), (5, Data(new byte[mask.Length])));

    private FirewallRule Compare(ReadOnlySpan<byte> value, bool not = false) =>
        Expression("cmp"u8, (1, Number(NFT_REG_1)), (2, Number(not ? NFT_CMP_NEQ : NFT_CMP_EQ)), (3, Data(value)));

    /// <param name="values">Attribute and value; which of them are nested is told by their size, being longer than a number.</param>
    private FirewallRule Expression(ReadOnlySpan<byte> name, params ReadOnlySpan<(int Attribute, byte[] Value)> values)
    {
        using var data = new MemoryStream();
        foreach (var (attribute, value) in values)
            data.Write(NetlinkRequest.Nested(value.Length > sizeof(uint) ? Nest((ushort)attribute) : (ushort)attribute, value));
        byte[] expression =
        [
            .. NetlinkRequest.Nested(NFTA_EXPR_NAME, [.. name, 0]),
            .. NetlinkRequest.Nested(Nest(NFTA_EXPR_DATA), data.ToArray()),
        ];
        _expressions.Write(NetlinkRequest.Nested(Nest(NFTA_LIST_ELEM), expression));
        return this;
    }

    private static byte[] Data(ReadOnlySpan<byte> value) => NetlinkRequest.Nested(NFTA_DATA_VALUE, value);

    private static ushort Nest(ushort attribute) => (ushort)(attribute | NetlinkConstants.NLA_F_NESTED);

    /// <summary>Parameters of expressions are in network order,</summary>
    private static byte[] Number(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    /// <summary>what a register holds of the kernel's own is in the host's.</summary>
    private static byte[] Native(uint value) => MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)).ToArray();

    private static byte[] InterfaceName(string name)
    {
        var bytes = new byte[InterfaceNameSize];
        _ = Encoding.UTF8.GetBytes(name, bytes);
        return bytes;
    }
}

using System.Buffers.Binary;
using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.NetfilterConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>
/// A table of nf_tables, family inet, as the numbers that the kernel gives to it, its chains and its rules, and never again: whoever
/// takes something away and puts the same in its place leaves another picture.
/// </summary>
internal sealed class TablePicture
{
    // Of a rule and of a chain that the kernel takes no packet through by itself.
    private const uint NoPolicy = uint.MaxValue;

    private readonly HashSet<(string Chain, ulong Handle, uint Policy)> _parts = [];

    private TablePicture()
    {
    }

    /// <summary>In the network namespace of the calling thread.</summary>
    /// <returns>Null: there is none of that name.</returns>
    /// <exception cref="NetlinkException"/>
    public static TablePicture? Take(string table)
    {
        using var socket = NetlinkSocket.Open(NETLINK_NETFILTER);
        var picture = new TablePicture();
        try
        {
            socket.Execute(NetfilterBatch.Message(NFT_MSG_GETTABLE, 0, NFPROTO_INET).Add(NFTA_TABLE_NAME, table), "NFT_MSG_GETTABLE", message =>
            {
                // With the flag that puts all of it to sleep.
                if (message.Header.Type == NFT_MSG_NEWTABLE && Attributes(message) is var attributes)
                    picture._parts.Add(("", Handle(attributes, NFTA_TABLE_HANDLE), Number(attributes, NFTA_TABLE_FLAGS) ?? 0));
            });
        }
        catch (NetlinkException failure) when (failure.ErrorCode == Errno.ENOENT)
        {
            return null;
        }

        picture.Add(socket.Dump<(string, ulong, uint)>(NetfilterBatch.Message(NFT_MSG_GETCHAIN, 0, NFPROTO_INET), "NFT_MSG_GETCHAIN", (message, parts) =>
        {
            if (message.Header.Type == NFT_MSG_NEWCHAIN && Attributes(message) is var attributes && attributes.Text(NFTA_CHAIN_TABLE) == table)
                parts.Add((attributes.Text(NFTA_CHAIN_NAME) ?? "", Handle(attributes, NFTA_CHAIN_HANDLE), Number(attributes, NFTA_CHAIN_POLICY) ?? NoPolicy));
        }));
        picture.Add(socket.Dump<(string, ulong, uint)>(NetfilterBatch.Message(NFT_MSG_GETRULE, 0, NFPROTO_INET).Add(NFTA_RULE_TABLE, table), "NFT_MSG_GETRULE", (message, parts) =>
        {
            if (message.Header.Type == NFT_MSG_NEWRULE && Attributes(message) is var attributes && attributes.Text(NFTA_RULE_TABLE) == table)
                parts.Add((attributes.Text(NFTA_RULE_CHAIN) ?? "", Handle(attributes, NFTA_RULE_HANDLE), NoPolicy));
        }));
        return picture;
    }

    /// <summary>Nothing of what it has is missing.</summary>
    public bool IsWhole(FirewallTable table) => _parts.Count >= 1 + table.Chains.Sum(chain => 1 + chain.Rules.Count);

    /// <summary>It is awake, and what the rules of these chains do not let pass is dropped.</summary>
    public bool Drops(params IEnumerable<string> chains) =>
        _parts.Any(part => part is { Chain: "", Policy: var flags } && (flags & NFT_TABLE_F_DORMANT) == 0)
        && chains.All(chain => _parts.Any(part => part.Chain == chain && part.Policy == NF_DROP));

    /// <summary>All that the earlier one shows is still there; what somebody has added since is theirs.</summary>
    public bool HasAllOf(TablePicture earlier) => earlier._parts.IsSubsetOf(_parts);

    private void Add(IEnumerable<(string, ulong, uint)> parts) => _parts.UnionWith(parts);

    private static unsafe NetlinkAttributes Attributes(NetlinkMessage message) => message.AttributesAfter(sizeof(NetfilterMessage));

    private static ulong Handle(NetlinkAttributes attributes, ushort attribute) =>
        attributes.TryGet(attribute, out var value) && value.Length >= sizeof(ulong) ? BinaryPrimitives.ReadUInt64BigEndian(value) : 0;

    private static uint? Number(NetlinkAttributes attributes, ushort attribute) =>
        attributes.TryGet(attribute, out var value) && value.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32BigEndian(value) : null;
}

using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.NetfilterConstants;
using static WireGuard.Engine.Interop.Linux.Netlink.NetlinkConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>A chain of nf_tables, whoever made it.</summary>
/// <param name="Family">NFPROTO_...</param>
/// <param name="IsForForwarding">The kernel takes packets through it that it passes on.</param>
/// <param name="Drops">What no rule of it decides about is dropped.</param>
/// <param name="Uses">Its rules, and those elsewhere that lead to it.</param>
internal sealed record ForeignChain(byte Family, string Table, string Name, bool IsForForwarding, bool Drops, uint Uses)
{
    /// <summary>As nft(8) writes it.</summary>
    public override string ToString() => $"{(Family == NFPROTO_INET ? "inet" : $"ip{(Family == NFPROTO_IPV6 ? "6" : "")}")} {Table} {Name}";
}

/// <summary>
/// Other programs' chains, in the network namespace of the calling thread. A packet has to pass all of them, whatever ours says. Only
/// two of iptables' are ever changed, where by custom many programs put rules of their own; ours are known by their comment.
/// </summary>
internal static class ForeignChains
{
    /// <summary>Made by Docker for rules of others, asked before its own, and left alone by it.</summary>
    public const string DockersForOthers = "DOCKER-USER";

    public const string Forward = "FORWARD";

    private const string FilterTable = "filter";

    public static bool MayBeChanged(string chain) => chain is DockersForOthers or Forward;

    public static string NameOf(AddressFamily family, string chain) => new ForeignChain(NumberOf(family), FilterTable, chain, false, false, 0).ToString();

    /// <summary>It is one of those that <see cref="MayBeChanged"/> means.</summary>
    public static bool IsOfFilter(ForeignChain chain, AddressFamily family, string name) =>
        chain.Family == NumberOf(family) && chain.Table == FilterTable && chain.Name == name;

    /// <exception cref="NetlinkException"/>
    public static List<ForeignChain> All()
    {
        using var socket = NetlinkSocket.Open(NETLINK_NETFILTER);
        return socket.Dump<ForeignChain>(NetfilterBatch.Message(NFT_MSG_GETCHAIN, 0, NFPROTO_UNSPEC), "NFT_MSG_GETCHAIN", static (message, chains) =>
        {
            if (Parse(message) is { Family: NFPROTO_INET or NFPROTO_IPV4 or NFPROTO_IPV6 } chain)
                chains.Add(chain);
        });
    }

    /// <summary>Before all rules that are there.</summary>
    /// <exception cref="NetlinkException"/>
    public static void InsertAccepts(AcceptChange change) => NetfilterBatch.Run(
    [
        ("NFT_MSG_NEWRULE", NewRule(change, new FirewallRule().FromInterface(change.Tunnel))),
        ("NFT_MSG_NEWRULE", NewRule(change, new FirewallRule().ToInterface(change.Tunnel))),
    ]);

    /// <summary>Whether both are there.</summary>
    /// <exception cref="NetlinkException"/>
    public static bool HasAccepts(AcceptChange change) => Accepts(change).Count == 2;

    /// <exception cref="NetlinkException">ENOENT: somebody was faster.</exception>
    public static void DeleteAccepts(AcceptChange change)
    {
        if (Accepts(change) is { Count: > 0 } handles)
            NetfilterBatch.Run([.. handles.Select(handle => ("NFT_MSG_DELRULE", Rule(NFT_MSG_DELRULE, 0, change).Add(NFTA_RULE_HANDLE, handle)))]);
    }

    /// <summary>Some rule elsewhere leads to it: else no packet comes by.</summary>
    /// <exception cref="NetlinkException"/>
    public static bool IsInUse(ForeignChain chain)
    {
        using var socket = NetlinkSocket.Open(NETLINK_NETFILTER);
        var request = NetfilterBatch.Message(NFT_MSG_GETRULE, 0, chain.Family).Add(NFTA_RULE_TABLE, chain.Table).Add(NFTA_RULE_CHAIN, chain.Name);
        var own = socket.Dump<byte>(request, "NFT_MSG_GETRULE", (message, rules) =>
        {
            if (message.TryRead(out NetfilterMessage header) && header.Family == chain.Family
                && AttributesOf(message) is var attributes && attributes.Text(NFTA_RULE_CHAIN) == chain.Name && attributes.Text(NFTA_RULE_TABLE) == chain.Table)
                rules.Add(0);
        });
        return chain.Uses > own.Count;
    }

    /// <summary>Handles of our rules.</summary>
    private static List<byte[]> Accepts(AcceptChange change)
    {
        var family = NumberOf(change.Family);
        var ours = Comment(change);
        using var socket = NetlinkSocket.Open(NETLINK_NETFILTER);
        return socket.Dump<byte[]>(Rule(NFT_MSG_GETRULE, 0, change), "NFT_MSG_GETRULE", (message, found) =>
        {
            if (!message.TryRead(out NetfilterMessage header) || header.Family != family)
                return;
            var attributes = AttributesOf(message);
            if (attributes.Text(NFTA_RULE_CHAIN) == change.Chain && attributes.Text(NFTA_RULE_TABLE) == FilterTable
                && attributes.TryGet(NFTA_RULE_USERDATA, out var data) && data.SequenceEqual(ours)
                && attributes.TryGet(NFTA_RULE_HANDLE, out var handle))
                found.Add(handle.ToArray());
        });
    }

    private static NetlinkRequest NewRule(AcceptChange change, FirewallRule rule) => Rule(NFT_MSG_NEWRULE, NLM_F_CREATE, change)
        .Add(NFTA_RULE_EXPRESSIONS | NLA_F_NESTED, rule.Count().Accept().Expressions)
        .Add(NFTA_RULE_USERDATA, Comment(change));

    private static NetlinkRequest Rule(ushort type, ushort flags, AcceptChange change) => NetfilterBatch.Message(type, flags, NumberOf(change.Family))
        .Add(NFTA_RULE_TABLE, FilterTable)
        .Add(NFTA_RULE_CHAIN, change.Chain);

    /// <summary>As nft(8) and iptables write a comment: its kind, its length, the text with its zero byte.</summary>
    private static byte[] Comment(AcceptChange change)
    {
        var text = Encoding.UTF8.GetBytes($"wireguard-engine {change.Tunnel}\0");
        return [0, (byte)text.Length, .. text];
    }

    private static ForeignChain? Parse(NetlinkMessage message)
    {
        if (!message.TryRead(out NetfilterMessage header))
            return null;
        var attributes = AttributesOf(message);
        if (attributes.Text(NFTA_CHAIN_TABLE) is not { } table || attributes.Text(NFTA_CHAIN_NAME) is not { } name)
            return null;
        var isForForwarding = attributes.TryGet(NFTA_CHAIN_HOOK, out var hook) && Number(new NetlinkAttributes(hook), NFTA_HOOK_HOOKNUM) == NF_INET_FORWARD;
        return new ForeignChain(header.Family, table, name, isForForwarding, Number(attributes, NFTA_CHAIN_POLICY) == NF_DROP, Number(attributes, NFTA_CHAIN_USE) ?? 0);
    }

    private static unsafe NetlinkAttributes AttributesOf(NetlinkMessage message) => message.AttributesAfter(sizeof(NetfilterMessage));

    private static uint? Number(NetlinkAttributes attributes, ushort attribute) =>
        attributes.TryGet(attribute, out var value) && value.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32BigEndian(value) : null;

    private static byte NumberOf(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

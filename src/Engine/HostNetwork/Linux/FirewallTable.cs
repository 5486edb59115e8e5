using WireGuard.Engine.Interop.Linux;
using WireGuard.Engine.Interop.Linux.Netlink;
using static WireGuard.Engine.Interop.Linux.Netlink.NetfilterConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>A base chain and its rules.</summary>
/// <param name="Hook">NF_INET_...</param>
/// <param name="Priority">Among the chains of the hook; the lowest first.</param>
/// <param name="Policy">NF_ACCEPT or NF_DROP.</param>
internal sealed record FirewallChain(string Name, uint Hook, int Priority, uint Policy, IReadOnlyList<FirewallRule> Rules)
{
    /// <summary>"filter", or "nat" for rules that translate addresses.</summary>
    public string Type { get; init; } = "filter";
}

/// <summary>
/// A table of nf_tables of family inet, made, replaced and deleted as a whole: each is one transaction of the kernel, so
/// that no packet ever meets half of it. In the network namespace of the calling thread.
/// </summary>
internal sealed record FirewallTable(string Name, IReadOnlyList<FirewallChain> Chains)
{
    /// <exception cref="NetlinkException">EEXIST: there is one of that name, which stays as it is.</exception>
    public void Create() => Run([NewTable(Name, NetlinkConstants.NLM_F_EXCL), .. Contents()]);

    /// <summary>Takes the place of the one of that name, if there is one.</summary>
    /// <exception cref="NetlinkException"/>
    public void Replace() => Run([NewTable(Name, 0), DeleteTable(Name), NewTable(Name, 0), .. Contents()]);

    /// <exception cref="NetlinkException">ENOENT: there is none.</exception>
    public static void Delete(string name) => Run([DeleteTable(name)]);

    public static bool Exists(string name)
    {
        using var socket = NetlinkSocket.Open(NETLINK_NETFILTER);
        try
        {
            socket.Execute(Message(NFT_MSG_GETTABLE, 0).Add(NFTA_TABLE_NAME, name), "NFT_MSG_GETTABLE");
            return true;
        }
        catch (NetlinkException failure) when (failure.ErrorCode is Errno.ENOENT or Errno.EOPNOTSUPP or Errno.EINVAL)
        {
            return false;
        }
    }

    private IEnumerable<(string, NetlinkRequest)> Contents()
    {
        foreach (var chain in Chains)
        {
            yield return ($"NFT_MSG_NEWCHAIN {chain.Name}", NewChain(chain));
            foreach (var rule in chain.Rules)
            {
                yield return ($"NFT_MSG_NEWRULE {chain.Name}", Message(NFT_MSG_NEWRULE, NetlinkConstants.NLM_F_CREATE | NetlinkConstants.NLM_F_APPEND)
                    .Add(NFTA_RULE_TABLE, Name)
                    .Add(NFTA_RULE_CHAIN, chain.Name)
                    .Add(NFTA_RULE_EXPRESSIONS | NetlinkConstants.NLA_F_NESTED, rule.Expressions));
            }
        }
    }

    private NetlinkRequest NewChain(FirewallChain chain) => Message(NFT_MSG_NEWCHAIN, NetlinkConstants.NLM_F_CREATE)
        .Add(NFTA_CHAIN_TABLE, Name)
        .Add(NFTA_CHAIN_NAME, chain.Name)
        .Add(NFTA_CHAIN_HOOK | NetlinkConstants.NLA_F_NESTED, [.. Number(NFTA_HOOK_HOOKNUM, chain.Hook), .. Number(NFTA_HOOK_PRIORITY, unchecked((uint)chain.Priority))])
        .AddBigEndian(NFTA_CHAIN_POLICY, chain.Policy)
        .Add(NFTA_CHAIN_TYPE, chain.Type);

    private static (string, NetlinkRequest) NewTable(string name, ushort flags) =>
        ("NFT_MSG_NEWTABLE", Message(NFT_MSG_NEWTABLE, (ushort)(NetlinkConstants.NLM_F_CREATE | flags)).Add(NFTA_TABLE_NAME, name));

    private static (string, NetlinkRequest) DeleteTable(string name) =>
        ("NFT_MSG_DELTABLE", Message(NFT_MSG_DELTABLE, 0).Add(NFTA_TABLE_NAME, name));

    private static NetlinkRequest Message(ushort type, ushort flags) => NetfilterBatch.Message(type, flags, NFPROTO_INET);

    private static byte[] Number(ushort attribute, uint value) =>
        NetlinkRequest.Nested(attribute, [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value]);

    private static void Run(List<(string Name, NetlinkRequest Message)> messages) => NetfilterBatch.Run(messages);
}

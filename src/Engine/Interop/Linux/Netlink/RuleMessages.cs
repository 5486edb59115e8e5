using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux.Netlink;

/// <summary>Message types, attributes and values of policy rules (linux/fib_rules.h).</summary>
internal static class RuleConstants
{
    public const ushort RTM_NEWRULE = 32;
    public const ushort RTM_DELRULE = 33;
    public const ushort RTM_GETRULE = 34;

    public const ushort FRA_DST = 1;
    public const ushort FRA_PRIORITY = 6;
    public const ushort FRA_FWMARK = 10;
    public const ushort FRA_SUPPRESS_PREFIXLEN = 14;
    public const ushort FRA_TABLE = 15;
    public const ushort FRA_FWMASK = 16;

    public const byte FR_ACT_TO_TBL = 1;

    /// <summary>The rule applies to what its selector does not match.</summary>
    public const uint FIB_RULE_INVERT = 2;
}

/// <summary>struct fib_rule_hdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RuleMessage
{
    public byte Family;
    public byte DestinationLength;
    public byte SourceLength;
    public byte TypeOfService;
    public byte Table;
    private readonly byte _reserved1;
    private readonly byte _reserved2;
    public byte Action;
    public uint Flags;
}

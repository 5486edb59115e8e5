namespace WireGuard.Engine.HostNetwork;

/// <summary>A kill switch that an engine has closed and nobody of ours has opened since.</summary>
/// <param name="Place">Where, for people.</param>
/// <param name="IsClosed">By the kernel's word; false: somebody else has taken it out of the firewall. Null: that cannot be seen.</param>
public sealed record LeftKillSwitch(string Place, bool? IsClosed);

namespace WireGuard.Tests.Identity;

/// <summary>What ethtool(8) -K does to a link, without it.</summary>
internal static class LinkOffloads
{
    private const uint SetTransmitChecksum = 0x17;
    private const uint SetTso = 0x1f;

    /// <summary>The kernel cuts every super-packet and finishes every checksum before the link sees a packet.</summary>
    public static void TurnOff(NetworkNamespace netns, string link) => netns.Invoke(() =>
    {
        PacketSocketCalls.Ethtool(link, SetTso, 0);
        // UDP's segmentation goes with it.
        PacketSocketCalls.Ethtool(link, SetTransmitChecksum, 0);
    });
}

namespace WireGuard.Engine.Enrollment;

/// <summary>Entries of a payload (docs/enrollment-protocol.md, section 5.1). The highest bit: who does not know it must not go on.</summary>
internal enum PayloadType : ushort
{
    End = 0,
    Name = 0x0001,
    Status = 0x8010,
    Address = 0x8011,
    AllowedIP = 0x8012,
    Dns = 0x0013,
    Mtu = 0x0014,
    Keepalive = 0x0015,
    Lease = 0x0016,
    PresharedKey = 0x8017,
}

using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Enrollment;
using WireGuard.Tests.Crypto;

namespace WireGuard.Tests.Enrollment;

public sealed class PayloadTests
{
    [Fact]
    public void The_fullest_grant_fits_and_comes_back_whole()
    {
        using var presharedKey = SecretKey.Random();
        var grant = new GrantPayload
        {
            Name = new string('n', PeerName.MaxBytes),
            Addresses = [.. Enumerable.Range(1, GrantPayload.MaxAddresses).Select(i => new PrefixedAddress(IPAddress.Parse($"fd00::{i}"), 64))],
            AllowedIPs = [.. Enumerable.Range(1, GrantPayload.MaxAllowedIPs).Select(i => new PrefixedAddress(IPAddress.Parse($"fd00:{i}::"), 32))],
            Dns = [.. Enumerable.Range(1, GrantPayload.MaxDns).Select(i => IPAddress.Parse($"fd00::53:{i}"))],
            Mtu = 65_535,
            Keepalive = 65_535,
            LeaseSeconds = uint.MaxValue,
            PresharedKey = presharedKey,
        };
        var bytes = new byte[EnrollmentFormat.Grant.PayloadSize];
        grant.Write(bytes);
        var read = GrantPayload.Read(bytes)!;
        Assert.Equal(grant.Name, read.Name);
        Assert.Equal(grant.Addresses, read.Addresses);
        Assert.Equal(grant.AllowedIPs, read.AllowedIPs);
        Assert.Equal(grant.Dns, read.Dns);
        Assert.Equal((grant.Mtu, grant.Keepalive, grant.LeaseSeconds), (read.Mtu, read.Keepalive, read.LeaseSeconds));
        using var key = read.PresharedKey;
        Assert.Equal(presharedKey, key);
    }

    private const string Key = "1780 2000 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";
    private const string Granted = "1080 0200 0000" + "1180 0500 0a000002 18" + "1280 0500 0a000000 18";

    [Theory]
    [InlineData(Granted)]
    [InlineData(Granted + "ff7f 0300 010203")] // unknown, may be passed over
    [InlineData(Granted + "1400 0200 4002")] // 576
    [InlineData(Granted + Key)]
    public void What_is_well_formed_is_read(string hex) => Assert.NotNull(Read(hex));

    [Theory]
    [InlineData("")] // no status
    [InlineData("1080 0200 0000")] // granted, but nothing
    [InlineData("1080 0200 0000" + "1180 0500 0a000002 18")] // no network
    [InlineData("1080 0200 0200")] // refused without a reason
    [InlineData("1080 0200 0001")] // a reason, not refused
    [InlineData("1080 0200 0300")]
    [InlineData("1080 0200 0207")]
    [InlineData("1080 0100 01")]
    [InlineData("1080 0200 0100 1080 0200 0100")] // twice
    [InlineData(Granted + "ffff 0000")] // unknown, may not be passed over
    [InlineData(Granted + "1180 0500 0a000002 21")] // /33
    [InlineData(Granted + "1180 0400 0a000002")]
    [InlineData(Granted + "1280 0500 0a000001 18")] // host bits
    [InlineData(Granted + "1300 0500 0a00000100")]
    [InlineData(Granted + "1400 0200 3f02")] // 575
    [InlineData(Granted + "1400 0200 dc05 1400 0200 dc05")]
    [InlineData(Granted + "1500 0200 0000")]
    [InlineData(Granted + "1600 0400 00000000")]
    [InlineData(Granted + "1600 0200 0100")]
    [InlineData(Granted + Key + Key)]
    [InlineData(Granted + "1780 0400 01020304")]
    [InlineData(Granted + "1780 2000 0000000000000000000000000000000000000000000000000000000000000000")] // no key
    [InlineData("1080 0200 0100" + Key)] // a key, not granted
    [InlineData(Granted + "0100 0000")] // empty name
    [InlineData(Granted + "0100 0100 0a")] // control character
    [InlineData(Granted + "0100 0300 e280ae")] // turns the direction of the line
    [InlineData(Granted + "0100 0200 c080")] // no UTF-8
    [InlineData(Granted + "0100 ffff 41")] // runs over the end
    [InlineData(Granted + "0000 0100 41")] // something behind the end
    public void What_is_not_is_refused(string hex) => Assert.Null(Read(hex));

    [Theory]
    [InlineData("0100 0100 41", "A")]
    [InlineData("", null)]
    [InlineData("ff7f 0000", null)]
    public void A_client_says_its_name_or_not(string hex, string? name) => Assert.Equal(new FinishPayload(name), FinishPayload.Read(Bytes(hex)));

    [Theory]
    [InlineData("0100 0100 41 0100 0100 41")]
    [InlineData("0180 0100 41")]
    [InlineData("0100 4000 41414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141")]
    public void A_client_that_says_it_wrong_is_refused(string hex) => Assert.Null(FinishPayload.Read(Bytes(hex)));

    [Theory]
    [InlineData("laptop of Ann", true)]
    [InlineData("\U0001F4BB", true)]
    [InlineData(" a", false)]
    [InlineData("a ", false)]
    [InlineData("\u00A0a", false)]
    [InlineData("a\u202Eb", false)]
    [InlineData("a\u2028b", false)]
    [InlineData("a\U000E0041", false)]
    [InlineData("a\u0085", false)]
    public void A_name_shows_what_it_is(string name, bool isOne)
    {
        Assert.Equal(isOne, PeerName.IsValid(name));
        Assert.Equal(isOne, PeerName.TryRead(System.Text.Encoding.UTF8.GetBytes(name), out _));
    }

    [Fact]
    public void Entries_that_reach_the_very_end_are_read()
    {
        Assert.Equal("A", FinishPayload.Read(Hex.Bytes("0100010041"))?.Name);
        Assert.Null(FinishPayload.Read(Hex.Bytes("010001004101")));
        Assert.Null(FinishPayload.Read(Hex.Bytes("0100010041ff7f01")));
    }

    [Fact]
    public void Settings_that_do_not_fit_are_refused_at_the_start()
    {
        Assert.Throws<ArgumentException>(() => new EnrollmentWorld(new ServerSettings { Mtu = 575 }));
        Assert.Throws<ArgumentException>(() => new EnrollmentWorld(new ServerSettings { Keepalive = 0 }));
        Assert.Throws<ArgumentException>(() => new EnrollmentWorld(new ServerSettings { Lease = TimeSpan.FromMilliseconds(999) }));
        Assert.Throws<ArgumentException>(() => new EnrollmentWorld(new ServerSettings { AllowedIPs = [new(IPAddress.Parse("10.0.0.1"), 24)] }));
        Assert.Throws<ArgumentException>(() => new EnrollmentWorld(new ServerSettings
        {
            Dns = [.. Enumerable.Repeat(IPAddress.Loopback, GrantPayload.MaxDns + 1)],
        }));
    }

    private static GrantPayload? Read(string hex) => GrantPayload.Read(Bytes(hex));

    private static byte[] Bytes(string hex)
    {
        var bytes = new byte[256];
        Hex.Bytes(hex.Replace(" ", "", StringComparison.Ordinal)).CopyTo(bytes, 0);
        return bytes;
    }
}

namespace WireGuard.Tests.Config;

/// <summary>Broken configurations, each with everything that the parser says about it.</summary>
internal static class BrokenConfigs
{
    private const string Private = TestKeys.Private;
    private const string Interface = "[Interface]\nPrivateKey = " + Private + "\n";
    private const string Peer = Interface + "[Peer]\nPublicKey = " + TestKeys.PeerA + "\n";

    /// <summary>Texts with the lines expected, without "wg0.conf:" and sorted as they come.</summary>
    internal static readonly (string Text, string[] Expected)[] All =
    [
        // Structure
        ("", ["wg0.conf: error: There is no [Interface] section."]),
        ("[Peer]\nPublicKey = " + TestKeys.PeerA, ["wg0.conf: error: There is no [Interface] section."]),
        (Interface + "[Interface]\nMTU = 1", [
            "wg0.conf:3:1: error: There may be one [Interface] section only; the first is in line 1.",
            "wg0.conf:4:7: error: MTU must be a number of bytes from 576 to 65535, not '1'."]),
        ("[Interfaces]\nPrivateKey = " + Private, ["wg0.conf:1:1: error: There is no section 'Interfaces'; did you mean [Interface]?"]),
        (Interface + "[Client]\nFoo = bar", ["wg0.conf:3:1: error: There is no section 'Client'; a file has [Interface] and [Peer]."]),
        (Interface + "  [Peer\nPublicKey = " + TestKeys.PeerA, ["wg0.conf:3:3: error: A section's header is [Interface] or [Peer] on a line of its own, not '[Peer'."]),
        (Interface + "[Peer] x\nPublicKey = " + TestKeys.PeerA, ["wg0.conf:3:1: error: A section's header is [Interface] or [Peer] on a line of its own, not '[Peer] x'."]),
        (Interface + "[[Peer]]\nPublicKey = " + TestKeys.PeerA, ["wg0.conf:3:1: error: A section's header is [Interface] or [Peer] on a line of its own, not '[[Peer]]'."]),
        ("ListenPort = 1\n" + Interface, ["wg0.conf:1:1: error: ListenPort stands before any section; it belongs in [Interface]."]),
        ("Foo = 1\n" + Interface, ["wg0.conf:1:1: error: The line stands before any section; a file begins with [Interface] or [Peer]."]),
        (Interface + "ListenPort 51820", ["wg0.conf:3:1: error: A line is a section's header, a comment or KEY = VALUE; this one has no equals sign."]),
        (Interface + "ListenPort # = 51820", ["wg0.conf:3:1: error: A line is a section's header, a comment or KEY = VALUE; this one has no equals sign."]),
        (Interface + "MTU = 14\u000020", ["wg0.conf:3:9: error: The line has a control character in it (U+0000)."]),
        (Interface + "MTU = 1420\rListenPort = 1", ["wg0.conf:3:11: error: The line has a control character in it (U+000D)."]),

        // Keys
        (Interface + "Adress = 10.0.0.1/24", ["wg0.conf:3:1: error: There is no key 'Adress' in [Interface]; did you mean Address?"]),
        (Interface + "Frobnicate = 1", ["wg0.conf:3:1: error: There is no key 'Frobnicate' in [Interface]."]),
        (Peer + "AllowedIP = 10.0.0.0/8", ["wg0.conf:5:1: error: There is no key 'AllowedIP' in [Peer]; did you mean AllowedIPs?"]),
        (Interface + "Endpont = 192.0.2.1:1", ["wg0.conf:3:1: error: There is no key 'Endpont' in [Interface]; did you mean Endpoint, which belongs in [Peer]?"]),
        (Interface + "= 5", ["wg0.conf:3:1: error: There is no key '' in [Interface]."]),
        (Interface + "Endpoint = 192.0.2.1:1", ["wg0.conf:3:1: error: Endpoint belongs in [Peer], not in [Interface]."]),
        (Peer + " Address = 10.0.0.1/24", ["wg0.conf:5:2: error: Address belongs in [Interface], not in [Peer]."]),
        (Interface + "MTU = 1420\nmtu = 1400", ["wg0.conf:4:1: error: MTU may be given once only; the first is in line 3."]),
        (Peer + "Endpoint = 192.0.2.1:1\nEndpoint = 192.0.2.2:1", ["wg0.conf:6:1: error: Endpoint may be given once only; the first is in line 5."]),
        (Interface + "PrivateKey = " + Private, ["wg0.conf:3:1: error: PrivateKey may be given once only; the first is in line 2."]),

        // Key material
        ("[Interface]\nPrivateKey =", ["wg0.conf:2:1: error: PrivateKey has no value."]),
        ("[Interface]\nPrivateKey = # " + Private, ["wg0.conf:2:1: error: PrivateKey has no value."]),
        ("[Interface]\nPrivateKey = " + Private[..43], ["wg0.conf:2:14: error: PrivateKey has 43 characters; a key has 44 characters of base64, which stand for 32 bytes."]),
        ("[Interface]\nPrivateKey = " + Private + Private, ["wg0.conf:2:14: error: PrivateKey has 88 characters; a key has 44 characters of base64, which stand for 32 bytes."]),
        ("[Interface]\nPrivateKey = !" + Private[1..], ["wg0.conf:2:14: error: PrivateKey is not valid base64 for 32 bytes."]),
        ("[Interface]\nPrivateKey = " + Private[..42] + "5=", ["wg0.conf:2:14: error: PrivateKey is not valid base64 for 32 bytes."]),
        ("[Interface]\nPrivateKey = " + TestKeys.Zero, ["wg0.conf:2:14: error: PrivateKey is all zeros, which is no usable key."]),
        (Interface + "[Peer]\nPublicKey = " + TestKeys.Zero, ["wg0.conf:4:13: error: PublicKey is all zeros, which is no usable key."]),
        (Interface + "[Peer]\nPublicKey = laptop", ["wg0.conf:4:13: error: PublicKey has 6 characters; a key has 44 characters of base64, which stand for 32 bytes."]),
        (Interface + "[Peer]\nPublicKey =", ["wg0.conf:4:1: error: PublicKey has no value."]),
        (Peer + "PresharedKey =", ["wg0.conf:5:1: error: PresharedKey has no value."]),
        (Peer + "PresharedKey = " + TestKeys.Preshared + TestKeys.Preshared[..1], ["wg0.conf:5:16: error: PresharedKey has 45 characters; a key has 44 characters of base64, which stand for 32 bytes."]),
        (Interface + "[Peer]\nAllowedIPs = 10.0.0.0/8", ["wg0.conf:3:1: error: The peer has no PublicKey."]),
        (Peer + "\n[Peer]\nPublicKey = " + TestKeys.PeerA, ["wg0.conf:7:13: error: The peer in line 3 has the same PublicKey."]),

        // Keys where no key belongs
        (Interface + Private, ["wg0.conf:3:1: error: There is no key (hidden: it looks like a key) in [Interface]."]),
        (Interface + "PrivateKey " + Private, ["wg0.conf:3:1: error: There is no key (hidden: it looks like a key) in [Interface]."]),
        (Interface + "Address = " + Private, ["wg0.conf:3:11: error: Address must be an IP address or an address with a prefix length, not (hidden: it looks like a key)."]),
        (Interface + "ListenPort = " + Private, ["wg0.conf:3:14: error: ListenPort must be a port from 0 to 65535, not (hidden: it looks like a key)."]),
        (Interface + "DNS = 1.1.1.1, " + Private, ["wg0.conf:3:16: error: DNS must be an IP address or a search domain, not (hidden: it looks like a key)."]),
        (Interface + "[" + Private + "]", ["wg0.conf:3:1: error: There is no section (hidden: it looks like a key); a file has [Interface] and [Peer]."]),
        (Peer + "Endpoint = " + TestKeys.Preshared, ["wg0.conf:5:12: error: Endpoint (hidden: it looks like a key) has no port; write HOST:PORT."]),
        (Peer + "AllowedIPs = 10.0.0.0/8, " + TestKeys.Preshared[..30], ["wg0.conf:5:26: error: AllowedIPs must be an IP address or an address with a prefix length, not (hidden: it looks like a key)."]),

        // Numbers and words
        (Interface + "ListenPort = 65536", ["wg0.conf:3:14: error: ListenPort must be a port from 0 to 65535, not '65536'."]),
        (Interface + "ListenPort = -1", ["wg0.conf:3:14: error: ListenPort must be a port from 0 to 65535, not '-1'."]),
        (Interface + "ListenPort = http", ["wg0.conf:3:14: error: ListenPort must be a port from 0 to 65535, not 'http'."]),
        (Interface + "FwMark = 0x100000000", ["wg0.conf:3:10: error: FwMark must be a number from 0 to 4294967295 (or 0x0 to 0xffffffff) or off, not '0x100000000'."]),
        (Interface + "FwMark = on", ["wg0.conf:3:10: error: FwMark must be a number from 0 to 4294967295 (or 0x0 to 0xffffffff) or off, not 'on'."]),
        (Interface + "MTU = 575", ["wg0.conf:3:7: error: MTU must be a number of bytes from 576 to 65535, not '575'."]),
        (Interface + "MTU = 65536", ["wg0.conf:3:7: error: MTU must be a number of bytes from 576 to 65535, not '65536'."]),
        (Interface + "MTU = 1 420", ["wg0.conf:3:7: error: MTU must be a number of bytes from 576 to 65535, not '1 420'."]),
        (Interface + "Table = main", ["wg0.conf:3:9: error: Table must be a number from 1 to 4294967295, auto or off, not 'main'."]),
        (Interface + "Table = 0", ["wg0.conf:3:9: error: Table must be a number from 1 to 4294967295, auto or off, not '0'."]),
        (Interface + "SaveConfig = yes", ["wg0.conf:3:14: error: SaveConfig must be true or false, not 'yes'."]),
        (Peer + "PersistentKeepalive = 65536", ["wg0.conf:5:23: error: PersistentKeepalive must be a number of seconds from 0 to 65535 or off, not '65536'."]),
        (Peer + "PersistentKeepalive = 0x10", ["wg0.conf:5:23: error: PersistentKeepalive must be a number of seconds from 0 to 65535 or off, not '0x10'."]),

        // Addresses
        (Interface + "Address = 10.0.0.256/24", ["wg0.conf:3:11: error: Address must be an IP address or an address with a prefix length, not '10.0.0.256/24'."]),
        (Interface + "Address = 10.0.0.1/33", ["wg0.conf:3:11: error: The prefix length in '10.0.0.1/33' must be a number from 0 to 32."]),
        (Interface + "Address = 10.0.0.1/24, fd00::1/129", ["wg0.conf:3:24: error: The prefix length in 'fd00::1/129' must be a number from 0 to 128."]),
        (Interface + "Address = 10.0.0.1/255.255.255.0", ["wg0.conf:3:11: error: The prefix length in '10.0.0.1/255.255.255.0' must be a number from 0 to 32."]),
        (Interface + "Address = 010.0.0.1, 10.1, fe80::1%eth0", [
            "wg0.conf:3:11: error: Address must be an IP address or an address with a prefix length, not '010.0.0.1'.",
            "wg0.conf:3:22: error: Address must be an IP address or an address with a prefix length, not '10.1'.",
            "wg0.conf:3:28: error: Address must be an IP address or an address with a prefix length, not 'fe80::1%eth0'."]),
        (Interface + "DNS = 1.1.1, bad_-.example, fd00:::1", [
            "wg0.conf:3:7: error: DNS must be an IP address or a search domain, not '1.1.1'.",
            "wg0.conf:3:14: error: DNS must be an IP address or a search domain, not 'bad_-.example'.",
            "wg0.conf:3:29: error: DNS must be an IP address or a search domain, not 'fd00:::1'."]),
        (Peer + "AllowedIPs = 10.0.0.0/8 10.1.0.0/16", ["wg0.conf:5:14: error: The prefix length in '10.0.0.0/8 10.1.0.0/16' must be a number from 0 to 32."]),
        (Peer + "AllowedIPs = 10.0.0.0/8,", ["wg0.conf:5:25: error: AllowedIPs has an empty item between its commas."]),
        (Peer + "AllowedIPs = +, *10.0.0.0/8", [
            "wg0.conf:5:15: error: AllowedIPs must be an IP address or an address with a prefix length, not ''.",
            "wg0.conf:5:17: error: AllowedIPs must be an IP address or an address with a prefix length, not '*10.0.0.0/8'."]),

        // Endpoints
        (Peer + "Endpoint = 192.0.2.1", ["wg0.conf:5:12: error: Endpoint '192.0.2.1' has no port; write HOST:PORT."]),
        (Peer + "Endpoint = 192.0.2.1:0", ["wg0.conf:5:12: error: Endpoint '192.0.2.1:0' must end with a port from 1 to 65535."]),
        (Peer + "Endpoint = 192.0.2.1:65536", ["wg0.conf:5:12: error: Endpoint '192.0.2.1:65536' must end with a port from 1 to 65535."]),
        (Peer + "Endpoint = 300.0.2.1:51820", ["wg0.conf:5:12: error: Endpoint '300.0.2.1:51820' must begin with an IP address or a host name."]),
        (Peer + "Endpoint = 2001:db8::1:51820", ["wg0.conf:5:12: error: Endpoint '2001:db8::1:51820' looks like an IPv6 address without brackets; an IPv6 endpoint is written [ADDRESS]:PORT."]),
        (Peer + "Endpoint = [2001:db8::1]", ["wg0.conf:5:12: error: Endpoint '[2001:db8::1]' has no port; write HOST:PORT."]),
        (Peer + "Endpoint = [2001:db8::1:51820", ["wg0.conf:5:12: error: Endpoint '[2001:db8::1:51820' has no closing bracket; an IPv6 endpoint is written [ADDRESS]:PORT."]),
        (Peer + "Endpoint = [2001:db8::1]51820", ["wg0.conf:5:12: error: Endpoint '[2001:db8::1]51820' must have a colon and the port right after the closing bracket."]),
        (Peer + "Endpoint = [192.0.2.1]:51820", ["wg0.conf:5:12: error: Endpoint '[192.0.2.1]:51820' must have an IPv6 address between its brackets."]),
        (Peer + "Endpoint = -vpn.example:51820", ["wg0.conf:5:12: error: Endpoint '-vpn.example:51820' must begin with an IP address or a host name."]),
        (Peer + "Endpoint = vpn.exämple:51820", ["wg0.conf:5:12: error: Endpoint 'vpn.exämple:51820' must begin with an IP address or a host name."]),
        (Peer + "Endpoint = https://vpn.example:51820", ["wg0.conf:5:12: error: Endpoint 'https://vpn.example:51820' looks like an IPv6 address without brackets; an IPv6 endpoint is written [ADDRESS]:PORT."]),
        (Peer + "Endpoint = :51820", ["wg0.conf:5:12: error: Endpoint ':51820' must begin with an IP address or a host name."]),

        // Names
        (Interface + "# Name = a\u0007b\n[Peer]\nPublicKey = " + TestKeys.PeerA, ["wg0.conf:3:1: error: The peer's name has a control character in it."]),

        // Everything at once: each error is told
        ("[Interface]\nPrivateKey = x\nListenPort = y\nFoo = 1\n[Peer]\nAllowedIPs = 10.0.0.0/8, z, 1.2.3.4/x\nEndpoint = q\n", [
            "wg0.conf:2:14: error: PrivateKey has 1 characters; a key has 44 characters of base64, which stand for 32 bytes.",
            "wg0.conf:3:14: error: ListenPort must be a port from 0 to 65535, not 'y'.",
            "wg0.conf:4:1: error: There is no key 'Foo' in [Interface].",
            "wg0.conf:5:1: error: The peer has no PublicKey.",
            "wg0.conf:6:26: error: AllowedIPs must be an IP address or an address with a prefix length, not 'z'.",
            "wg0.conf:6:29: error: The prefix length in '1.2.3.4/x' must be a number from 0 to 32.",
            "wg0.conf:7:12: error: Endpoint 'q' has no port; write HOST:PORT."]),
    ];
}

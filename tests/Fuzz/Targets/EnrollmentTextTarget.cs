using System.Text;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Fuzz;

/// <summary>
/// Payloads, links, codes, and the bodies of the state's records, as bytes that lie. What is read is written again as it was read;
/// the rest is refused in the one way that callers expect.
/// </summary>
internal sealed class EnrollmentTextTarget : IFuzzTarget
{
    private static readonly byte[][] s_seeds =
    [
        Convert.FromHexString("10800200000011800500" + "0a00000218" + "11801100fd000000000000000000000000000002" + "40" + "128005000a00000018" + "130004000a000001" + "14000200dc05" + "15000200190016000400805101000100010041"),
        Encoding.ASCII.GetBytes("wg-enroll://vpn.example:51820/AQUMExohKC82PURLUllgZ25_RuD5vJrllXRZ0pq2aEyAAcgIawAAAAD5QpqH"),
        "123 456-78"u8.ToArray(),
        StateRecord(),
    ];

    public string Name => "enrollment-text";

    public byte[] Make(Random random)
    {
        var bytes = (byte[])s_seeds[random.Next(s_seeds.Length)].Clone();
        for (var changes = random.Next(5); changes > 0; changes--)
        {
            var at = random.Next(bytes.Length);
            bytes = random.Next(5) switch
            {
                0 => [.. bytes.AsSpan(0, at), .. bytes.AsSpan(Math.Min(bytes.Length, at + random.Next(6)))],
                1 => [.. bytes.AsSpan(0, at), (byte)random.Next(256), .. bytes.AsSpan(at)],
                2 => [.. bytes, .. bytes.AsSpan(at)],
                _ => [.. bytes.AsSpan(0, at), (byte)(random.Next(2) == 0 ? bytes[at] ^ (1 << random.Next(8)) : random.Next(256)), .. bytes.AsSpan(at + 1)],
            };
            if (bytes.Length == 0)
                bytes = [0];
        }

        return bytes;
    }

    public void Run(byte[] input)
    {
        ReadPayloads(input);
        ReadText(Encoding.Latin1.GetString(input));
        ReadState(input);
    }

    public void CheckHealth()
    {
    }

    public void Dispose()
    {
    }

    private static void ReadPayloads(byte[] input)
    {
        var bytes = new byte[EnrollmentFormat.Grant.PayloadSize];
        if (GrantPayload.Read(input) is { } grant)
        {
            grant.Write(bytes);
            var again = GrantPayload.Read(bytes)!;
            Assert.Equal((grant.Status, grant.Refusal, grant.Name, grant.Mtu, grant.Keepalive, grant.LeaseSeconds), (again.Status, again.Refusal, again.Name, again.Mtu, again.Keepalive, again.LeaseSeconds));
            Assert.Equal(grant.Addresses, again.Addresses);
            Assert.Equal(grant.AllowedIPs, again.AllowedIPs);
            Assert.Equal(grant.Dns, again.Dns);
        }

        if (FinishPayload.Read(input) is { } finish)
        {
            finish.Write(bytes);
            Assert.Equal(finish, FinishPayload.Read(bytes));
        }
    }

    private static void ReadText(string text)
    {
        if (InviteLink.TryParse(text, out var link))
        {
            using (link)
            {
                Assert.True(InviteLink.TryParse(link.ToLink().Reveal(), out var again));
                Assert.Equal(link.Secret, again.Secret);
                again.Dispose();
            }
        }

        try
        {
            using var credential = Credential.FromCode(text);
            Assert.InRange(credential.Password.Length, Credential.MinDigits, Credential.MaxDigits);
        }
        catch (FormatException)
        {
        }
    }

    private static void ReadState(byte[] input)
    {
        using var state = new EnrollmentState();
        try
        {
            var changes = StateCodec.Read(input);
            foreach (var change in changes)
                state.Apply(change);
            using var buffer = new StateBuffer();
            foreach (var change in changes)
                StateCodec.Write(buffer, change);
        }
        catch (InvalidDataException)
        {
        }
    }

    private static byte[] StateRecord()
    {
        using var buffer = new StateBuffer();
        var key = new Api.PublicKey(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());
        var address = System.Net.IPAddress.Parse("10.0.0.2");
        StateChange[] changes =
        [
            new ServerKeySet(new Api.SecretKey(key.Span)), new InviteMade(1, new byte[16], "n", DateTimeOffset.UnixEpoch, 1), new InviteUsed(1, key),
            new PeerSet(new EnrolledPeer(key, new Api.SecretKey(key.Span), "n", [new(address, 24)], DateTimeOffset.UnixEpoch)),
            new AddressReserved(address, new(key, null)), new AddressReserved(address, new(null, "n")), new AddressUnreserved(address), new PeerRemoved(key), new InviteRemoved(1),
        ];
        foreach (var change in changes)
            StateCodec.Write(buffer, change);
        return buffer.Written.ToArray();
    }
}

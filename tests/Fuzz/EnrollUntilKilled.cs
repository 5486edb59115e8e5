using System.Globalization;
using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Fuzz;

/// <summary>
/// The victim of the test that kills: adds peer after peer to the state, sometimes takes one out, sometimes writes the file anew, and says
/// the number of each after it is kept.
/// </summary>
public static class EnrollUntilKilled
{
    private const int Turn = 50;

    public static int Run(string directory)
    {
        using var store = EnrollmentStore.Open(directory);
        using var output = Console.OpenStandardOutput();
        for (var number = Last(store.State) + 1; ; number++)
        {
            StateChange[] changes = [new PeerSet(Peer(number)), new AddressReserved(Address(number), new(null, $"n{number}"))];
            if (number > Turn)
                changes = [.. changes, new PeerRemoved(Key(number - Turn)), new AddressUnreserved(Address(number - Turn))];
            store.Append(changes);
            if (number % 16 == 0)
                store.Replace();
            output.Write(System.Text.Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture) + "\n"));
        }
    }

    /// <summary>Throws unless all that was acknowledged is there, and each enrollment whole or not at all.</summary>
    /// <returns>The server's public key.</returns>
    public static string Check(string directory, int acknowledged)
    {
        using var store = EnrollmentStore.Open(directory);
        var state = store.State;
        var last = Last(state);
        Assert.InRange(last, acknowledged, int.MaxValue);
        var numbers = Enumerable.Range(Math.Max(1, last - Turn + 1), Math.Min(Turn, last)).ToList();
        Assert.Equal(numbers.Count, state.Peers.Count);
        Assert.Equal(numbers.Count, state.Reservations.Count);
        foreach (var number in numbers)
        {
            Assert.Equal(Peer(number).PresharedKey, state.Peers[Key(number)].PresharedKey);
            Assert.Equal($"peer {number}", state.Peers[Key(number)].Name);
            Assert.Contains(Address(number), state.Reservations.Keys);
        }

        return state.Identity.PublicKey.ToString();
    }

    private static int Last(EnrollmentState state) =>
        state.Peers.Keys.Select(key => BitConverter.ToInt32(key.Span)).DefaultIfEmpty(0).Max();

    private static EnrolledPeer Peer(int number) => new(
        Key(number),
        new SecretKey(Key(number ^ 0x55).Span),
        string.Create(CultureInfo.InvariantCulture, $"peer {number}"),
        [new(Address(number), 8)],
        DateTimeOffset.UnixEpoch);

    private static PublicKey Key(int number)
    {
        var bytes = new byte[32];
        BitConverter.TryWriteBytes(bytes, number);
        bytes[31] = 1;
        return new PublicKey(bytes);
    }

    private static IPAddress Address(int number) => new([10, (byte)(number >> 16), (byte)(number >> 8), (byte)number]);
}

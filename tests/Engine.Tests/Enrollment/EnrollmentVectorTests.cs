using System.Globalization;
using WireGuard.Api;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Noise;
using WireGuard.Tests.Crypto;
using WireGuard.Tests.Structure;

namespace WireGuard.Tests.Enrollment;

/// <summary>The vectors of docs/enrollment-protocol.md, section 12: what is written there is what the code does, to the byte.</summary>
public sealed class EnrollmentVectorTests
{
    [Theory]
    [InlineData("code")]
    [InlineData("invitation")]
    public void A_run_is_as_the_document_says(string kind)
    {
        var actual = Run(kind == "code");
        var expected = Vectors(kind);
        Assert.Equal(string.Join('\n', expected), string.Join('\n', actual));
    }

    private static List<string> Run(bool isByCode)
    {
        var journal = new MemoryJournal(new SecretKey(Hex.Pattern(32, 2)));
        using var world = new EnrollmentWorld(journal: journal, random: ServerRandom());
        using var identity = new StaticIdentity(new SecretKey(Hex.Pattern(32, 1)));
        string? link = null;
        EnrollmentClient client;
        if (isByCode)
        {
            Assert.Equal("123456", world.OpenWindow(new WindowOptions()));
            client = world.ClientByCode("123456", identity, random: ClientRandom());
        }
        else
        {
            world.MakeInvite("vpn.example", 51820, null, TimeSpan.FromDays(1), 1, out link);
            client = world.ClientByLink(link, identity, random: ClientRandom());
        }

        world.Run(client);
        Assert.Equal(ClientState.Joined, client.State);
        var lines = new List<string> { $"client static public = {Hex.Text(identity.PublicKey.Span)}", $"server static public = {Hex.Text(world.Registry.State.Identity.PublicKey.Span)}" };
        if (link is not null)
            lines.Add($"link = {link}");
        for (var i = 0; i < 3; i++)
        {
            foreach (var message in new[] { world.Requests[i], world.Replies[i] })
            {
                var digest = new byte[32];
                Blake2s.Hash(digest, message);
                var name = (EnrollmentMessage)message[1];
                lines.Add(message.Length > 256 ? $"HASH({name}) = {Hex.Text(digest)}" : $"{name} = {Hex.Text(message)}");
            }
        }

        lines.Add($"psk = {Hex.Text(client.Result!.PresharedKey!.Span)}");
        return lines;
    }

    // By length: the nonce, scalar and ephemeral key, jitter.
    private static RandomFill ClientRandom() => bytes => Hex.Pattern(bytes.Length, bytes.Length == 16 ? 3 : 4).CopyTo(bytes);

    // By length: the nonce or an invitation's secret, scalar and ephemeral key, cookie secrets, the code's number or an invitation's.
    private static RandomFill ServerRandom() => bytes =>
    {
        if (bytes.Length == sizeof(uint))
            BitConverter.TryWriteBytes(bytes, 123_456u);
        else
            Hex.Pattern(bytes.Length, bytes.Length switch { 16 => 5, 64 => 6, _ => 7 }).CopyTo(bytes);
    };

    private static List<string> Vectors(string kind)
    {
        var lines = File.ReadAllLines(RepositoryFiles.PathOf("docs/enrollment-protocol.md"));
        var start = Array.FindIndex(lines, line => line.StartsWith(string.Create(CultureInfo.InvariantCulture, $"### By {kind}"), StringComparison.Ordinal));
        Assert.NotEqual(-1, start);
        var joined = new List<string>();
        foreach (var line in lines.Skip(start + 1).SkipWhile(line => line != "```").Skip(1).TakeWhile(line => line != "```"))
        {
            if (line.StartsWith(' '))
                joined[^1] += joined[^1].EndsWith('=') ? $" {line.Trim()}" : line.Trim();
            else
                joined.Add(line);
        }

        return joined;
    }
}

using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Cookie;

namespace WireGuard.Engine.Enrollment;

/// <summary>The time in which a code is good: opened once, closed for ever (docs/enrollment-protocol.md, section 7.3).</summary>
internal sealed class EnrollmentWindow : IDisposable
{
    internal const int MaxWrongGuesses = 3;

    private EnrollmentWindow(Credential credential, WindowOptions options, long closesAt)
    {
        Credential = credential;
        NeedsApproval = options.NeedsApproval;
        MaxPeers = options.MaxPeers;
        ClosesAt = closesAt;
    }

    internal Credential Credential { get; }

    internal bool NeedsApproval { get; }

    internal int? MaxPeers { get; }

    /// <summary>Monotonic nanoseconds.</summary>
    internal long ClosesAt { get; }

    internal int WrongGuesses { get; set; }

    internal HashSet<PublicKey> Joined { get; } = [];

    internal bool HasEnough => Joined.Count >= MaxPeers;

    /// <param name="code">For whoever opened it to show, and to dispose of.</param>
    /// <exception cref="ArgumentOutOfRangeException">Duration, digits or peers are out of their bounds.</exception>
    internal static EnrollmentWindow Open(WindowOptions options, long now, RandomFill random, out ShownSecret code)
    {
        if (options.Duration < WindowOptions.MinDuration || options.Duration > WindowOptions.MaxDuration)
            throw new ArgumentOutOfRangeException(nameof(options), options.Duration, "A window is open for 10 seconds to an hour.");
        if (options.Digits is < Credential.MinDigits or > Credential.MaxDigits)
            throw new ArgumentOutOfRangeException(nameof(options), options.Digits, "A code has 6 to 8 digits.");
        if (options.MaxPeers < 1)
            throw new ArgumentOutOfRangeException(nameof(options), options.MaxPeers, "A window is for one peer at least.");
        code = NewCode(options.Digits, random);
        return new EnrollmentWindow(Credential.FromCode(code.Span), options, now + (long)options.Duration.TotalNanoseconds);
    }

    public void Dispose() => Credential.Dispose();

    // Those random numbers that lie above the last whole multiple are thrown again: every code is as likely as any other.
    private static ShownSecret NewCode(int digits, RandomFill random)
    {
        var codes = (uint)Math.Pow(10, digits);
        var limit = uint.MaxValue - (uint.MaxValue % codes);
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        uint number;
        do
        {
            random(bytes);
            number = BitConverter.ToUInt32(bytes);
        }
        while (number >= limit);
        CryptographicOperations.ZeroMemory(bytes);
        Span<char> text = stackalloc char[Credential.MaxDigits];
        text = text[..digits];
        var rest = number % codes;
        for (var i = digits - 1; i >= 0; i--, rest /= 10)
            text[i] = (char)('0' + (rest % 10));
        var code = new ShownSecret(text);
        text.Clear();
        return code;
    }
}

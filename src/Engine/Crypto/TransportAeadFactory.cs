using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// Picks the bulk AEAD for this CPU: avx512, avx2, vector128 or scalar. The variable WIREGUARD_ENGINE_AEAD picks another
/// for tests and measurements.
/// </summary>
public static unsafe class TransportAeadFactory
{
    public const string EnvironmentVariable = "WIREGUARD_ENGINE_AEAD";

    private static readonly Choice[] Choices =
    [
        // CPUs that slow down under 512-bit vectors say so through Vector512; there AVX-512 is for who names it.
        new("avx512", Avx512Kernel.IsSupported, Vector512.IsHardwareAccelerated, () => new KernelTransportAead<Avx512Kernel>()),
        new("avx2", Avx2Kernel.IsSupported, true, () => new KernelTransportAead<Avx2Kernel>()),
        new("vector128", Vector128Kernel.IsSupported, true, () => new KernelTransportAead<Vector128Kernel>()),
        new("scalar", true, true, () => new ScalarTransportAead()),
    ];

    private static readonly Lazy<TransportAead> Shared = new(() => Create(Environment.GetEnvironmentVariable(EnvironmentVariable)));

    /// <summary>The process's one instance: what WIREGUARD_ENGINE_AEAD names, else the fastest. <see cref="Warm"/> it before traffic.</summary>
    /// <exception cref="NotSupportedException">The variable names what does not exist or this CPU cannot do.</exception>
    public static TransportAead Best => Shared.Value;

    /// <summary>Names that <see cref="Create"/> takes on this CPU, fastest first.</summary>
    public static IEnumerable<string> Available => Choices.Where(choice => choice.IsSupported).Select(choice => choice.Name);

    /// <param name="name">One of <see cref="Available"/>, any case; null or empty for the fastest.</param>
    /// <exception cref="NotSupportedException">No such implementation, or not on this CPU.</exception>
    public static TransportAead Create(string? name)
    {
        foreach (var choice in Choices)
        {
            var isMeant = string.IsNullOrEmpty(name)
                ? choice.IsDefault
                : choice.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
            if (isMeant && choice.IsSupported)
                return choice.Create();
        }

        throw new NotSupportedException($"There is no packet encryption named '{name}' on this CPU; there are {string.Join(", ", Available)}.");
    }

    /// <summary>
    /// Runs every path of <paramref name="aead"/>, so that the JIT compiles it now (tens of milliseconds) and not
    /// when the first packet waits.
    /// </summary>
    public static void Warm(TransportAead aead)
    {
        WarmAlone(aead);
        WarmBatches(aead);
    }

    /// <summary>The part of it that packets take which come alone, as the first ones do: a third of the time.</summary>
    public static void WarmAlone(TransportAead aead)
    {
        foreach (var length in (ReadOnlySpan<int>)[100, 300, 1420])
            SealAndOpen(aead, [length]);
    }

    /// <summary>The rest.</summary>
    public static void WarmBatches(TransportAead aead)
    {
        // Full batches of small and of large packets and a mixed one; two small ones; one that is too long for itself.
        SealAndOpen(aead,
        [
            64, 64, 64, 64, 64, 64, 64, 64, 1420, 1420, 1420, 1420, 1420, 1420, 1420, 1420,
            0, 100, 300, 300, 1420, 2000, 100, 1,
        ]);
        SealAndOpen(aead, [100, 1]);
        SealAndOpen(aead, [2000]);
    }

    private static void SealAndOpen(TransportAead aead, ReadOnlySpan<int> lengths)
    {
        const int Room = 2048;
        var memory = (byte*)NativeMemory.AllocZeroed((nuint)(TransportAead.KeySize + (lengths.Length * Room)));
        try
        {
            Span<AeadPacket> packets = stackalloc AeadPacket[lengths.Length];
            for (var i = 0; i < lengths.Length; i++)
                packets[i] = new AeadPacket { Key = memory, Data = memory + TransportAead.KeySize + (i * Room), Length = lengths[i] };
            aead.Seal(packets);
            aead.Open(packets);
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }

    private sealed record Choice(string Name, bool IsSupported, bool IsDefault, Func<TransportAead> Create);
}

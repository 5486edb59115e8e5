using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Native = global::Interop.Sodium;

namespace WireGuard.Engine.Crypto;

/// <summary>
/// Finds and starts libsodium, once a process, on first use. Any thread may call it; the primitives that need the
/// library do so themselves.
/// </summary>
public static class Sodium
{
    // libsodium 1.0.18 is .so.23 and from 1.0.19 on .so.26; the bare name is what development packages, Homebrew
    // and Windows have.
    private static readonly string[] LibraryNames = ["libsodium.so.23", "libsodium.so.26", "libsodium"];

    private static readonly Lock StartLock = new();
    private static volatile bool s_ready;

    /// <summary>Returns at once when libsodium is up, else loads and initialises it.</summary>
    /// <exception cref="CryptoUnavailableException">It is not installed, is not libsodium, or cannot start.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void EnsureReady()
    {
        if (!s_ready)
            Start();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Start()
    {
        lock (StartLock)
        {
            if (s_ready)
                return;
            try
            {
                ResolverRegistration.Ensure();
                // 1 stands for "was running already".
                if (Native.sodium_init() < 0)
                    throw new CryptoUnavailableException("libsodium is installed but could not start (sodium_init failed).");
            }
            catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
            {
                throw new CryptoUnavailableException(
                    "libsodium was not found. Install it and start again: 'apt install libsodium23' on Debian and Ubuntu, the package libsodium elsewhere.",
                    failure);
            }

            s_ready = true;
        }
    }

    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Native.Library)
            return IntPtr.Zero;
        foreach (var candidate in LibraryNames)
        {
            if (NativeLibrary.TryLoad(candidate, assembly, searchPath, out var handle))
                return handle;
        }

        return IntPtr.Zero;
    }

    // A class of its own: an assembly takes one resolver only and throws at a second, and a start that failed may be
    // tried again.
    private static class ResolverRegistration
    {
        static ResolverRegistration() => NativeLibrary.SetDllImportResolver(typeof(Sodium).Assembly, Resolve);

        internal static void Ensure()
        {
        }
    }
}

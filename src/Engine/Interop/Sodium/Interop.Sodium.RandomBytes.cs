using System.Runtime.InteropServices;

internal static partial class Interop
{
    internal static unsafe partial class Sodium
    {
        /// <summary>From getrandom(2). Ends the process when there are none.</summary>
        [LibraryImport(Library)]
        internal static partial void randombytes_buf(byte* buffer, nuint size);
    }
}

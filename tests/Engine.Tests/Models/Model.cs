using FsCheck;
using FsCheck.Fluent;

namespace WireGuard.Tests.Models;

/// <summary>
/// Checks a type against a plain model of it: random lists of operations, shrunk to a short one where the two disagree.
/// A failure names its seed.
/// </summary>
internal static class Model
{
    private const int Runs = 300;
    private const int LongestRun = 120;

    /// <param name="operation">Makes one random operation.</param>
    /// <param name="agrees">Plays the operations on both, from the beginning; false or an exception: they disagree.</param>
    internal static void Check<T>(Gen<T> operation, Func<T[], bool> agrees)
    {
        var lists = Gen.Choose(1, LongestRun).SelectMany(length => operation.ArrayOf(length));
        Prop.ForAll(Arb.From(lists, Shorter), agrees).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(Runs));
    }

    // Halves first, then single operations left out.
    private static IEnumerable<T[]> Shorter<T>(T[] operations)
    {
        if (operations.Length < 2)
            yield break;
        yield return operations[..(operations.Length / 2)];
        yield return operations[(operations.Length / 2)..];
        for (var i = 0; i < operations.Length; i++)
            yield return [.. operations[..i], .. operations[(i + 1)..]];
    }
}

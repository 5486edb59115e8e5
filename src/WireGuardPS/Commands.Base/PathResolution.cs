using System.Collections.ObjectModel;
using System.Management.Automation;
using WireGuard.Binding;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>From PowerShell's paths (drives, providers, $PWD) to the file system's.</summary>
internal static class PathResolution
{
    private const string FileSystem = "FileSystem";

    /// <summary>A literal path; the file need not be there.</summary>
    /// <exception cref="WgException">ConfigNotFound: it is on no file system, or on no drive.</exception>
    internal static string ToFilePath(this PSCmdlet cmdlet, string path)
    {
        try
        {
            var resolved = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            return provider.Name == FileSystem ? resolved : throw ConfigCheck.NoFile(path, null);
        }
        catch (Exception e) when (e is System.Management.Automation.DriveNotFoundException or ProviderNotFoundException)
        {
            throw ConfigCheck.NoFile(path, e);
        }
    }

    /// <summary>All files that a path with wildcards means.</summary>
    /// <exception cref="WgException">ConfigNotFound: it is on no file system, or on no drive.</exception>
    internal static Collection<string> ToFilePaths(this PSCmdlet cmdlet, string path)
    {
        try
        {
            var resolved = cmdlet.GetResolvedProviderPathFromPSPath(path, out var provider);
            return provider.Name == FileSystem ? resolved : throw ConfigCheck.NoFile(path, null);
        }
        catch (ItemNotFoundException) when (!WildcardPattern.ContainsWildcardCharacters(path))
        {
            // Perhaps it is there, in a directory that this user may not pass: who opens it learns which.
            return [cmdlet.ToFilePath(path)];
        }
        catch (Exception e) when (e is ItemNotFoundException or WildcardPatternException or System.Management.Automation.DriveNotFoundException or ProviderNotFoundException)
        {
            throw ConfigCheck.NoFile(path, e);
        }
    }

    /// <summary>The file of that very name; where there is none and the path has wildcards, all that it means.</summary>
    /// <exception cref="WgException">ConfigNotFound, as the other two.</exception>
    internal static IReadOnlyList<string> ToFilePathsOrPath(this PSCmdlet cmdlet, string path)
    {
        var literal = cmdlet.ToFilePath(path);
        return File.Exists(literal) || !WildcardPattern.ContainsWildcardCharacters(path) ? [literal] : cmdlet.ToFilePaths(path);
    }
}

using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Tests.Client;

public sealed class EngineLocatorTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("wgt").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Looks_in_the_module_then_beside_it()
    {
        var module = Path.Combine(_root, "WireGuard");
        var beside = Place("engine");
        Assert.Equal(beside, EngineLocator.Find(module, null));

        var inside = Place("WireGuard", "engine");
        Assert.Equal(inside, EngineLocator.Find(module, ""));
    }

    [Fact]
    public void The_variable_overrides_and_must_be_right()
    {
        var module = Path.Combine(_root, "WireGuard");
        Place("engine");
        var chosen = Place("elsewhere");

        Assert.Equal(chosen, EngineLocator.Find(module, chosen));
        Assert.Contains("WIREGUARD_ENGINE", NotFound(() => EngineLocator.Find(module, chosen + "-not")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_error_names_both_places()
    {
        var message = NotFound(() => EngineLocator.Find(Path.Combine(_root, "WireGuard"), null));

        Assert.Contains(Path.Combine(_root, "WireGuard", "engine"), message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(_root, "engine"), message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_may_not_run_is_no_engine()
    {
        var path = Place("engine");
        File.SetUnixFileMode(path, UnixFileMode.UserRead);

        var message = NotFound(() => EngineLocator.Find(Path.Combine(_root, "WireGuard"), null));

        Assert.Contains($"'{path}' may not be executed", message, StringComparison.Ordinal);
    }

    private static string NotFound(Func<string> find)
    {
        var exception = Assert.Throws<WgException>(() => { find(); });
        Assert.Equal(ErrorIds.EngineNotFound, exception.ErrorId);
        return exception.Message;
    }

    private string Place(params string[] folders)
    {
        var folder = Directory.CreateDirectory(Path.Combine([_root, .. folders])).FullName;
        var path = Path.Combine(folder, "wireguard-engine");
        File.WriteAllText(path, "");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }
}

using System.Net;
using System.Runtime.Versioning;
using System.Text.Json;
using WireGuard.Api;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Enrollment;

/// <summary>Two hosts, of which one lets others join; state, configuration and control sockets of both are in directories of the test's own.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class EnrollmentScene : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wgt-");

    public EnrollmentScene()
    {
        (Client, Server) = Host.Pair();
        foreach (var host in new[] { Client, Server })
        {
            var own = _directory.CreateSubdirectory(host == Client ? "client" : "server").FullName;
            host.UseEnvironment($"WIREGUARD_ENGINE_STATE_DIR={own}/state", $"WIREGUARD_CONFIG_DIR={own}/etc", $"WIREGUARD_ENGINE_RUNTIME_DIR={own}/run");
        }
    }

    public Host Client { get; }

    public Host Server { get; }

    public string Pool { get; init; } = "10.150.0.0/24,fd42:150::/64";

    public string ClientConfig => Path.Combine(_directory.FullName, "client", "etc", Client.Interface + ".conf");

    public string StateDirectory => Path.Combine(_directory.FullName, "server", "state", Server.Interface);

    public string ServerSocket => Path.Combine(_directory.FullName, "server", "run", Server.Interface + ".sock");

    /// <summary>Where the server's port is, for a relay.</summary>
    public IPEndPoint ServerEndpoint => new(Server.OuterAddress, Server.ListenPort);

    public void Serve(params string[] options) =>
        Server.Engine(["serve", Server.Interface, "--port", $"{Server.ListenPort}", .. Directory.Exists(StateDirectory) ? (string[])[] : ["--pool", Pool], .. options]);

    /// <summary>Opens a window and gives its code.</summary>
    public string Open(params string[] options) => Server.Engine(["open", Server.Interface, "--no-wait", .. options]).Output.Trim();

    public EnrollmentStatus Status() =>
        JsonSerializer.Deserialize(Server.Engine("status", Server.Interface, "--json").Output, ControlJsonContext.Default.EnrollmentStatus)!;

    /// <summary>Joins with a code, or with an invitation as the target.</summary>
    public ProcessResult Join(string target, string code = "", params string[] options)
    {
        string[] command = [.. Client.EngineLauncher, InteropRequirement.Engine!, "join", target, "--name", Client.Interface, .. options];
        // The code never is an argument of the engine's.
        return Client.Namespace.TryRun("sh", ["-c", "code=$1; shift; printf '%s\\n' \"$code\" | \"$@\"", "sh", code, .. command]);
    }

    public ProcessResult Ping(string address, int count = 3) => Client.Namespace.TryRun("ping", "-n", "-q", "-i", "0.2", "-c", $"{count}", "-W", "5", address);

    /// <summary>Each address of the server's, once the tunnel is up.</summary>
    public void AssertReached()
    {
        Eventually.True(() => Ping("10.150.0.1").ExitCode == 0, "the server is reached by IPv4");
        Eventually.True(() => Ping("fd42:150::1").ExitCode == 0, "the server is reached by IPv6");
    }

    /// <summary>What stands behind a key of the client's file.</summary>
    public string ClientValue(string key) =>
        File.ReadLines(ClientConfig).Select(line => line.Split(" = ", 2)).First(pair => pair[0] == key)[1];

    /// <summary>The process of the server's engine.</summary>
    public int ServerProcess()
    {
        using var shown = JsonDocument.Parse(Server.Engine("show", Server.Interface, "--json").Output);
        return shown.RootElement.GetProperty("processId").GetInt32();
    }

    /// <summary>Lets everybody come as far as the server's socket, whose own mode is no obstacle either.</summary>
    public void LoosenModes()
    {
        const UnixFileMode Passage = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(_directory.FullName, Passage);
        File.SetUnixFileMode(Path.GetDirectoryName(ServerSocket)!, Passage);
        File.SetUnixFileMode(ServerSocket, (UnixFileMode)0x1FF); // 0777
    }

    /// <summary>A code that is not this one.</summary>
    public static string Other(string code) => (code[0] == '9' ? '0' : (char)(code[0] + 1)) + code[1..];

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
        _directory.Delete(recursive: true);
    }
}

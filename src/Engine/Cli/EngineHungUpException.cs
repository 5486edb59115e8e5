namespace WireGuard.Engine.Cli;

/// <summary>The engine that a verb speaks to was there and is not any more.</summary>
public sealed class EngineHungUpException(Exception? inner = null) : CommandException(ExitCode.Error, "The engine hung up.", inner);

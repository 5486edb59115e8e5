using WireGuard.Engine.Cli;

return (int)EngineCommandLine.Run(args);

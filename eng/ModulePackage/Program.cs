using WireGuard.Build;

// ModulePackage MODULE_DIRECTORY VERSION OUTPUT_DIRECTORY: packs a module as PowerShell galleries have them, and prints where.
if (args.Length != 3 || !Directory.Exists(args[0]))
{
    Console.Error.WriteLine("usage: ModulePackage MODULE_DIRECTORY VERSION OUTPUT_DIRECTORY");
    return 2;
}

Console.WriteLine(PackageWriter.Write(args[0], args[1], args[2]));
return 0;

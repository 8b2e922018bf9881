namespace Sandbox.Cli;

/// <summary><c>sandbox runtimes detect</c>: the languages that jobs of other judges' APIs can be written in.</summary>
internal static class RuntimesCommand
{
    public static Command Command { get; } = new()
    {
        Name = "runtimes detect",
        Summary = "Print a runtimes file for \"sandbox serve\" with the languages that jobs can be written in",
        Options = [new() { Name = "image", Value = "IMAGE", Help = "look into this image of the store instead of the host" }],
        Examples = ["sandbox runtimes detect > runtimes.json", "sandbox serve --api piston=127.0.0.1:2000 --runtimes $PWD/runtimes.json"],
        Run = static arguments => ServeCommand.Become("runtimes detect", ["runtimes", "detect", .. arguments.Given]),
    };
}

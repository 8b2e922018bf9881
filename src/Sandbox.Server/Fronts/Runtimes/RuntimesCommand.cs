namespace Sandbox.Server.Fronts.Runtimes;

/// <summary><c>sandbox runtimes detect</c>: writes a runtimes file to stdout.</summary>
internal static class RuntimesCommand
{
    private const int Usage = 2;
    private const int Refused = 3;
    private const string Image = "--image";

    /// <summary>The word by which this program is asked for it.</summary>
    public const string Word = "runtimes";

    /// <summary>Does it.</summary>
    /// <param name="words">What follows.</param>
    /// <param name="say">Takes what is wrong.</param>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> words, Action<string> say)
    {
        string? image = null;
        if (words is ["detect", Image, { Length: > 0 } name])
        {
            image = name;
        }
        else if (words is ["detect", var joined] && joined.StartsWith(Image + "=", StringComparison.Ordinal) && joined.Length > Image.Length + 1)
        {
            image = joined[(Image.Length + 1)..];
        }
        else if (words is not ["detect"])
        {
            say("usage: sandbox runtimes detect [--image IMAGE]");
            return Usage;
        }

        await using var runner = new SandboxRunner();
        try
        {
            var file = await RuntimeDetector.DetectAsync(runner, image, CancellationToken.None);
            if (file.Runtimes.Count == 0)
            {
                say("no language was found; \"sandbox doctor\" says whether jobs can run at all");
                return Refused;
            }

            await using var output = Console.OpenStandardOutput();
            await output.WriteAsync(file.Write());
            await output.WriteAsync("\n"u8.ToArray());
            return 0;
        }
        catch (InvalidJobException invalid)
        {
            say(string.Join("; ", invalid.Problems.Select(static problem => problem.Message)));
            return Usage;
        }
    }
}

using System.Text;

namespace Sandbox.Tests.Jobs;

/// <summary>Short ways to read a job in tests.</summary>
internal static class Job
{
    public const string Directory = "/home/me/jobs";

    /// <summary>Reads a whole job.</summary>
    public static JobSpec Parse(string json) => JobFile.Parse(Encoding.UTF8.GetBytes(json), Directory);

    /// <summary>Reads a job with a command and these members.</summary>
    public static JobSpec With(string members) => Parse($$"""{ "command": ["true"], {{members}} }""");

    /// <summary>Everything wrong with a job that has these members, one problem a line, without places.</summary>
    public static string ProblemsWith(string members) =>
        string.Join("\n", Problems($$"""{ "command": ["true"], {{members}} }""").Select(problem => (problem with { Line = 0 }).ToString()));

    /// <summary>Everything wrong with a whole job; nothing if it is fine.</summary>
    public static IReadOnlyList<JobProblem> Problems(string json) => Problems(Encoding.UTF8.GetBytes(json));

    public static IReadOnlyList<JobProblem> Problems(byte[] utf8)
    {
        try
        {
            JobFile.ParseDocument(utf8, Directory);
            return [];
        }
        catch (InvalidJobException invalid)
        {
            return invalid.Problems;
        }
    }
}

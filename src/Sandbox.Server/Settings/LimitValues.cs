using System.Globalization;
using System.Text;

namespace Sandbox.Server.Settings;

/// <summary>Reads LIMIT=VALUE of settings.</summary>
internal static class LimitValues
{
    /// <summary>The maxima with another one.</summary>
    /// <exception cref="FormatException">It is none; the message goes on from "it …".</exception>
    public static ResourceLimits WithMaximum(ResourceLimits limits, string text)
    {
        var (limit, value) = Parts(text);
        return limit switch
        {
            JobLimit<TimeSpan> time => time.With(limits, SettingsReader.Time(value)),
            JobLimit<long> size => size.With(limits, SettingsReader.Size(value, 1)),
            JobLimit<int> count => count.With(limits, SettingsReader.Number(value, 1, int.MaxValue)),
            JobLimit<double> number => number.With(limits, double.TryParse(value, CultureInfo.InvariantCulture, out var parsed) && parsed > 0 && double.IsFinite(parsed)
                ? parsed : throw new FormatException("is no number above 0")),
            _ => throw new InvalidOperationException($"the limit {limit.Name} is of a kind that is not known"),
        };
    }

    /// <summary>The defaults with another one, which has to be good for a job.</summary>
    /// <exception cref="FormatException">It is none; the message goes on from "it …".</exception>
    public static ResourceLimits WithDefault(ResourceLimits limits, string text)
    {
        var (limit, value) = Parts(text);
        var isNumber = limit is JobLimit<int> or JobLimit<double> && value.Length > 0 && value.All(static digit => char.IsAsciiDigit(digit) || digit == '.');
        var member = isNumber ? value : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
        try
        {
            return JobFile.ParseDocument(Encoding.UTF8.GetBytes($"{{ \"command\": [\"x\"], \"limits\": {{ \"{limit.Name}\": {member} }} }}"), "", limits) is JobSpec job
                ? job.Limits : throw new InvalidOperationException("a job of one command is none");
        }
        catch (InvalidJobException invalid)
        {
            throw new FormatException($"{invalid.Problems[0].Message}");
        }
    }

    /// <summary>What is above its maximum, as <c>name=value</c>.</summary>
    /// <param name="given">Names of limits.</param>
    /// <param name="limits">The defaults.</param>
    /// <param name="maximum">The maxima.</param>
    public static IEnumerable<string> Above(IEnumerable<string> given, ResourceLimits limits, ResourceLimits maximum)
    {
        var names = given.Select(static text => text.Split('=')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var limit in JobLimit.All.Where(limit => names.Contains(limit.Name)))
        {
            if (limit switch
            {
                JobLimit<TimeSpan> time => time.Get(limits) > time.Get(maximum),
                JobLimit<long> size => size.Get(limits) > size.Get(maximum),
                JobLimit<int> count => count.Get(limits) > count.Get(maximum),
                JobLimit<double> number => number.Get(limits) > number.Get(maximum),
                _ => false,
            })
            {
                yield return $"{limit.Name}={limit.Text(limits)} is above the maximum, {limit.Text(maximum)}";
            }
        }
    }

    private static (JobLimit Limit, string Value) Parts(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var (name, value) = equals < 0 ? (text, "") : (text[..equals], text[(equals + 1)..]);
        return (JobLimit.All.FirstOrDefault(limit => limit.Name == name) ?? throw new FormatException("names no limit of job.json"), value);
    }
}

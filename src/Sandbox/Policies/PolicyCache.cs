using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sandbox.Destinations;

namespace Sandbox.Policies;

/// <summary>Keeps compiled policies. What is missing, foreign or damaged is compiled again.</summary>
internal sealed class PolicyCache(OwnCache files)
{
    private const int MaxBytes = SHA256.HashSizeInBytes + (BpfProgram.MaxInstructions * BpfProgram.InstructionBytes);

    /// <summary>
    /// A hash of everything that libseccomp would be asked: the policy after every name, group and extended
    /// policy has been looked up.
    /// </summary>
    public static string Key(ResolvedPolicy policy)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{SeccompCompiler.Version} {policy.Arch:x} {policy.Unlisted:x}\n");
        foreach (var (number, clauses) in policy.Clauses.OrderBy(entry => entry.Key))
        {
            foreach (var clause in clauses)
            {
                text.Append(CultureInfo.InvariantCulture, $"{number} {clause.Action:x}");
                foreach (var matches in clause.Alternatives)
                {
                    text.Append(" |").AppendJoin(' ', matches.Select(match => string.Create(CultureInfo.InvariantCulture, $" {match.Argument}&{match.Mask:x}={match.Value:x}")));
                }

                text.Append('\n');
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString())));
    }

    /// <summary>The cache of the user who runs the sandbox; null where there is no place for one.</summary>
    public static PolicyCache? OfUser() => OwnCache.OfUser() is { } files ? new(files) : null;

    /// <summary>The blob kept under the key, or null.</summary>
    public byte[]? Find(string key) => files.Find(key, MaxBytes) is { } blob && PolicyBlob.IsSound(blob) ? blob : null;

    /// <summary>Keeps a blob under the key, if that is possible.</summary>
    public void Keep(string key, byte[] blob) => files.Keep(key, blob);
}

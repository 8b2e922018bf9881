using System.Runtime.InteropServices;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Access;

/// <summary>What clients by TCP have to show, and what the server shows them. It can be read anew while the server runs.</summary>
internal sealed class Credentials
{
    // What the framework looks for; without one of them it ends the process.
    private static readonly string[] s_libraries = ["libssl.so.3", "libssl.so.1.1"];

    private readonly ServerSettings _settings;
    private readonly string? _directory;
    private volatile TokenTable _tokens = new([]);
    private volatile TlsFiles? _tls;

    private Credentials(ServerSettings settings, string? directory) => (_settings, _directory) = (settings, directory);

    /// <summary>The tokens.</summary>
    public TokenTable Tokens => _tokens;

    /// <summary>The certificates; null for no TLS.</summary>
    public TlsFiles? Tls => _tls;

    /// <summary>Something has to be shown, on every port. So it is by the settings, and not by what could be read.</summary>
    public bool AreAsked => _settings.TokenFiles.Count > 0 || TakesCertificates;

    /// <summary>A certificate will do.</summary>
    public bool TakesCertificates => _settings.TlsClientCa is not null;

    /// <summary>Reads all of it.</summary>
    /// <param name="settings">The server's.</param>
    /// <param name="directory">As of <see cref="TokenFile.Read"/>.</param>
    /// <param name="problem">Takes what is wrong, in a sentence.</param>
    public static Credentials Read(ServerSettings settings, string? directory, Action<string> problem)
    {
        var credentials = new Credentials(settings, directory);
        foreach (var wrong in credentials.Renew())
        {
            problem(wrong);
        }

        return credentials;
    }

    /// <summary>Reads it again. Where anything is wrong, all stays as it was.</summary>
    /// <returns>What is wrong.</returns>
    public IReadOnlyList<string> Renew()
    {
        var problems = new List<string>();
        var tokens = TokenTable.Read(_settings.TokenFiles, _directory, problems.Add);
        var tls = ReadTls(problems.Add);
        if (problems.Count == 0)
        {
            (_tokens, _tls) = (tokens, tls);
        }

        return problems;
    }

    private TlsFiles? ReadTls(Action<string> problem)
    {
        if (_settings is not { TlsCertificate: { } certificate, TlsKey: { } key })
        {
            if (_settings is not { TlsCertificate: null, TlsKey: null, TlsClientCa: null })
            {
                problem("TLS needs both a certificate and its key: --tls-certificate and --tls-key");
            }

            return null;
        }

        if (!s_libraries.Any(static name => NativeLibrary.TryLoad(name, out _)))
        {
            problem("TLS needs libssl (OpenSSL 3 or 1.1), and this machine has none");
            return null;
        }

        return TlsFiles.Read(certificate, key, _settings.TlsClientCa, isNeeded: _settings.TokenFiles.Count == 0, problem);
    }
}

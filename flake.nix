{
  description = "AWS credentials for programs, from keys in the OS keyring";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable"; # for its Go, which is new enough

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      day = builtins.substring 0 8 (self.lastModifiedDate or "19700101000000");
      date = "${builtins.substring 0 4 day}-${builtins.substring 4 2 day}-${builtins.substring 6 2 day}";
    in
    {
      packages = each (pkgs: {
        default = pkgs.buildGoModule rec {
          pname = "awsexec";
          version = self.shortRev or "devel";
          src = self;
          vendorHash = "sha256-J6/kuA/ZRH9iVCQhHrp6PUdMvVkKan4hxuzjjO8ans8="; # internal/ci TestNixHash knows it
          subPackages = [ "cmd/awsexec" "internal/manpages" ];
          env.CGO_ENABLED = 0;
          ldflags = [ "-s" "-w" "-X main.version=${version}" ];
          doCheck = false; # the tests need keyrings and AWS clients
          nativeBuildInputs = [ pkgs.installShellFiles ];
          postInstall = ''
            $out/bin/manpages -o man -version ${version} -date ${date}
            rm $out/bin/manpages
            installManPage man/*
            for shell in bash zsh fish; do
              $out/bin/awsexec completion $shell >awsexec.$shell
            done
            installShellCompletion --cmd awsexec --bash awsexec.bash --zsh awsexec.zsh --fish awsexec.fish
          '';
          meta = {
            description = "AWS credentials for programs, from keys in the OS keyring";
            homepage = "https://github.com/awsexec/awsexec";
            mainProgram = "awsexec";
          };
        };
      });

      devShells = each (pkgs: {
        default = pkgs.mkShell { packages = [ pkgs.go pkgs.gnumake pkgs.gcc ]; };
      });
    };
}

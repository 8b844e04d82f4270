# Draws bench/results/cadence.svg from the curves that `cadence` wrote; see the Makefile.
set terminal svg size 960,420 font "sans,12" background "white"
set output "bench/results/cadence.svg"
set multiplot layout 1,2
set grid linecolor "#dddddd"
dark = "#7b2d8b #00755e #1f5fa8"
light = "#d6a5e0 #7fd4bf #9cc4f0"

# Blocks of patience.dat: for each sigma every 2 ... 15 s, learned and oracle, growing.
set title "Looks and delay, median 90 s"
set xlabel "looks a task"
set ylabel "mean delay, s"
set xrange [0:35]
set yrange [0:8.5]
set key top right
plot for [i=0:2] data."/patience.dat" index 3*i using 1:2 with lines \
       linecolor rgb word(light, i+1) title sprintf("fixed, sigma %s", word("0.25 0.4 0.8", i+1)), \
     for [i=0:2] data."/patience.dat" index 3*i+1 using 1:2 with lines linewidth 2 \
       linecolor rgb word(dark, i+1) title sprintf("learned, %s", word("0.25 0.4 0.8", i+1)), \
     for [i=0:2] data."/patience.dat" index 3*i+1 using 3:4 with lines linecolor "#999999" \
       title (i == 0 ? "knows the distribution" : "")

# Blocks of recovery.dat: durations doubled, then halved, for each sigma.
set title "Cost after durations double or halve"
set xlabel "ends seen since"
set ylabel "cost / that of who knows"
set xrange [-100:600]
set yrange [0.9:3.2]
plot for [i=0:2] data."/recovery.dat" index i using 1:2 with lines linewidth 2 linecolor rgb word(dark, i+1) \
       title sprintf("x 2, sigma %s", word("0.25 0.4 0.8", i+1)), \
     for [i=0:2] data."/recovery.dat" index 3+i using 1:2 with lines \
       linecolor rgb word(light, i+1) \
       title sprintf("x 0.5, sigma %s", word("0.25 0.4 0.8", i+1)), \
     1.1 with lines linecolor "#999999" title "1.10"
unset multiplot

# Draws bench/results/http.svg from what bench/http/run.lua left in build/bench: a request's CPU time
# above, its multiple of the best C program's below; by protocol and distance.
set terminal svg size 1000,720 font "sans,12" background "white"
set output "bench/results/http.svg"
set multiplot layout 2,4 columnsfirst margins 0.065,0.99,0.15,0.95 spacing 0.045,0.09
set grid linecolor "#dddddd"
set logscale xy
set xrange [0.7:1400]
set xtics (1, 16, 100, 1000)
unset key # a line of labels instead, once for all panels
# As the programs of bench/http/programs.lua with a colour, in their order.
names = "'wrk, h2load' '' 'C, perform' 'C, socket_action' kling Lua-cURLv3 lua-resty-http 'copas, raw' lua-http"
colours = "#b0b0b0 #b0b0b0 #888888 #000000 #7b2d8b #1f5fa8 #00755e #c98500 #b3261e"
files = "h1-near h2-near h1-far h2-far"
titles = "'HTTP/1.1, near' 'HTTP/2, near' 'HTTP/1.1, 150 ms away' 'HTTP/2, 150 ms away'"
columns = words(colours)
ours = 5
place = 0.03

do for [panel=1:4] {
  file = "build/bench/".word(files, panel).".dat"
  set title word(titles, panel)
  set yrange [5:800]
  set ytics (5, 10, 20, 50, 100, 200, 500)
  set ylabel (panel == 1 ? "CPU time a request, us" : "")
  unset xlabel
  plot for [i=1:columns] file using 1:(column(i+2)) with linespoints pointtype 7 pointsize 0.4 \
    linewidth (i == ours ? 3 : 1.5) linecolor rgb word(colours, i)

  unset title
  set yrange [0.25:20]
  set ytics (0.25, 0.5, 1, 2, 5, 10, 20)
  unset ylabel
  set xlabel "requests in flight"
  if (panel == 4) {
    # no ylabel: gnuplot 5.4 forgets it in this row's first panel
    set label 100 "multiple of the best C program's" at screen 0.012, screen 0.325 \
      rotate by 90 center
    do for [i=1:columns] {
      if (strlen(word(names, i)) > 0) {
        set label i "● ".word(names, i) at screen place, screen 0.03 \
          textcolor rgb word(colours, i) noenhanced
        place = place + 0.04 + 0.0065 * strlen(word(names, i))
      }
    }
  }
  plot for [i=1:columns] file using 1:(column(i+2)/column(2)) with linespoints pointtype 7 \
    pointsize 0.4 linewidth (i == ours ? 3 : 1.5) linecolor rgb word(colours, i)
}
unset multiplot
